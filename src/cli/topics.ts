/** Headings of `bastide --help`, in their order, and the nouns below each. */
const TOPICS: readonly (readonly [string, readonly string[]])[] = [
  [
    'Apps',
    [
      'apps',
      'deploy',
      'releases',
      'rollback',
      'ps',
      'run',
      'ssh',
      'logs',
      'config',
      'domains',
      'maintenance',
    ],
  ],
  ['Data', ['databases', 'pg', 'mysql', 'redis', 'volumes', 'objects', 'storage', 'backups', 'grants']],
  [
    'Projects and people',
    [
      'projects',
      'organizations',
      'quotas',
      'members',
      'login',
      'join',
      'logout',
      'whoami',
      'sessions',
      'factors',
      'account',
      'tokens',
      'deploy-tokens',
      'access',
    ],
  ],
  ['Proof', ['operations', 'audit', 'recordings', 'alerts', 'controls', 'keys']],
];
const REST = 'Platform';

const noun = (command: string): string => command.split(':')[0]!;

/** PURE. The heading of a command; one that no heading names belongs to the platform. */
export const topicOf = (command: string): string =>
  TOPICS.find(([, nouns]) => nouns.includes(noun(command)))?.[0] ?? REST;

/** PURE. Order of the help: by heading, then by noun as listed, then by name. */
export function byTopic(one: string, other: string): number {
  const place = (command: string): number => {
    const index = TOPICS.flatMap(([, nouns]) => nouns).indexOf(noun(command));
    return index < 0 ? Number.MAX_SAFE_INTEGER : index;
  };
  return place(one) - place(other) || (one < other ? -1 : 1);
}
