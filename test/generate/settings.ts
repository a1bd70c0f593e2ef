import { sources } from '../architecture/graph.ts';
import type { Tree } from '../architecture/source.ts';

/** What each variable means. The generator refuses where this and src/main/ disagree. */
export const settings = [
  {
    name: 'BASTIDE_DOMAIN',
    of: 'api',
    meaning: "the platform's own domain; apps answer at APP.DOMAIN (localhost)",
  },
  { name: 'BASTIDE_DATABASE_PASSWORD', of: 'api', meaning: 'password of bastide_api on the database socket' },
  {
    name: 'BASTIDE_ACCOUNTS_KEY',
    of: 'api',
    meaning:
      '256 bits, base64url, that the seeds of authenticator apps are kept under; without it there are none',
  },
  {
    name: 'BASTIDE_PROVE_NAMES',
    of: 'api',
    meaning:
      '`always`: every name of a customer needs the record in its zone that proves it, as where `acmeEmail` is set; else those that another organization has or had',
  },
  { name: 'BASTIDE_DATABASE_URL', of: 'api', meaning: 'another database, for development' },
  { name: 'BASTIDE_API_SOCKET', of: 'api', meaning: 'the socket to listen on (/run/bastide/api/api.sock)' },
  {
    name: 'BASTIDE_UPLOADS',
    of: 'api',
    meaning: 'directory of uploaded sources (/var/lib/bastide/projects/system/data/uploads)',
  },
  {
    name: 'BASTIDE_PAGES',
    of: 'api',
    meaning:
      'directory of the built pages for browsers (dist/pages beside the program); without them it does not start',
  },
  {
    name: 'BASTIDE_CGROUP',
    of: 'agent',
    meaning: 'control group that the agent works in, where the default is not there',
  },
  { name: 'BASTIDE_SERVER', of: 'cli, prober', meaning: 'server to use instead of the one signed in to' },
  {
    name: 'BASTIDE_PROBER_TOKEN',
    of: 'prober',
    meaning: 'one-time token of `bastide controls:enrol`, for its first start',
  },
  { name: 'BASTIDE_PROBER_TOKEN_FILE', of: 'prober', meaning: 'file with that token' },
  {
    name: 'BASTIDE_PROBER_STATE',
    of: 'prober',
    meaning: 'directory of its key and its place in the chain (.bastide-prober where it is started)',
  },
  {
    name: 'BASTIDE_PROBER_ADDRESS',
    of: 'prober',
    meaning: "address that the platform's names lead to, where no resolver says it",
  },
  {
    name: 'BASTIDE_PROBER_CA',
    of: 'prober',
    meaning: 'file with an authority to trust besides the usual ones',
  },
  {
    name: 'BASTIDE_GATEWAY_FILES',
    of: 'gateway-mysql',
    meaning: 'directory of its routes and its certificate, read-only',
  },
  {
    name: 'BASTIDE_GATEWAY_STATUS',
    of: 'gateway-mysql',
    meaning: 'socket at which it says which login names lead somewhere',
  },
  { name: 'BASTIDE_GATEWAY_PORT', of: 'gateway-mysql', meaning: 'port to listen on (6033)' },
  { name: 'BASTIDE_GATEWAY_LISTEN', of: 'gateway-mysql', meaning: 'address to listen on (all)' },
  {
    name: 'BASTIDE_GATEWAY_HANDSHAKE_MS',
    of: 'gateway-mysql',
    meaning: 'milliseconds that a client has to sign in (10000)',
  },
  { name: 'BASTIDE_SSH_TOKEN', of: 'gateway-ssh', meaning: "its session, for git's hook" },
  { name: 'BASTIDE_SSH_APP', of: 'gateway-ssh', meaning: "the app that is pushed to, for git's hook" },
  { name: 'BASTIDE_SSH_FROM', of: 'gateway-ssh', meaning: "the client's address, for git's hook" },
  { name: 'BASTIDE_TOKEN', of: 'cli', meaning: 'API token to use instead of the kept one, as in CI' },
] as const;

/** Variables that the programs read and nobody explained, and the other way round. */
export function settingsFaults(tree: Tree): string[] {
  const read = new Set(
    sources(tree, 'src/main').flatMap(([, text]) =>
      [...text.matchAll(/\benv\.(BASTIDE_\w+)/g)].map((m) => m[1]!),
    ),
  );
  const explained = new Set<string>(settings.map(({ name }) => name));
  return [
    ...[...read].filter((name) => !explained.has(name)).map((name) => `${name} is read and not explained`),
    ...[...explained].filter((name) => !read.has(name)).map((name) => `${name} is explained and not read`),
  ];
}
