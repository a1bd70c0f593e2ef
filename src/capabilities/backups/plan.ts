import type { Step } from '../../kernel/step.ts';
import { databasePath } from '../databases/model.ts';
import { APP_UID, volumeDirectory } from '../volumes/model.ts';
import { type BackupKind, type BackupReason, type Source, safetyBackup } from './model.ts';

/** One thing to back up in one way. */
export interface Item {
  readonly source: Source;
  readonly kind: BackupKind;
  readonly name: string;
}

export interface RunFacts {
  readonly projectId: string | null;
  readonly items: readonly Item[];
  readonly reason: BackupReason;
  /** A vault has no open repository for the project yet, or its generation is over. */
  readonly repositoriesMissing: boolean;
  /** What is older than this moment is over too; `repositories` has none of them. */
  readonly after?: string | undefined;
  readonly repositories: readonly { readonly id: string; readonly vault: string }[];
  /** Keys of steps that ended well, and of those that failed, in this operation. */
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

const idOf = ({ source, kind }: Item): string => `${kind}:${source.id ?? source.type}`;

export const takeKey = (item: Item, repositoryId: string): string =>
  `backups.take:${idOf(item)}:${repositoryId}`;

const ENSURE = 'backups.ensureRepositories';

/**
 * Every item into every repository. One that failed does not keep the others from being taken: the plan of a failing
 * operation is what is left, without what failed.
 */
export function planRun(facts: RunFacts): readonly Step[] {
  const steps: Step[] = [];
  if (facts.repositoriesMissing && !facts.failed.has(ENSURE) && !facts.done.has(ENSURE))
    return [
      {
        capability: 'backups',
        kind: 'ensureRepositories',
        key: ENSURE,
        summary: facts.after ? 'Open a new generation in each vault' : 'Open a repository in each vault',
        input: { projectId: facts.projectId, ...(facts.after ? { after: facts.after } : {}) },
      },
    ];
  for (const item of facts.items) {
    for (const repository of facts.repositories) {
      const key = takeKey(item, repository.id);
      if (facts.done.has(key) || facts.failed.has(key)) continue;
      steps.push({
        capability: 'backups',
        kind: 'take',
        key,
        summary: `Back up ${item.name} (${item.kind}) to ${repository.vault}`,
        input: { source: item.source, kind: item.kind, reason: facts.reason, repositoryId: repository.id },
      });
    }
  }
  if (steps.length > 0) return steps;
  for (const repository of facts.repositories) {
    const key = `backups.putList:${repository.id}`;
    const taken = facts.items.some((item) => facts.done.has(takeKey(item, repository.id)));
    if (taken && !facts.done.has(key) && !facts.failed.has(key))
      steps.push({
        capability: 'backups',
        kind: 'putList',
        key,
        summary: `Put the signed list into ${repository.vault}`,
        input: { repositoryId: repository.id },
      });
  }
  return steps;
}

export interface RestoreFacts {
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

const of = (capability: string, kind: string, summary: string, input: unknown): Step => ({
  capability,
  kind,
  key: `${capability}.${kind}`,
  summary,
  input,
});
const backups = (kind: string, summary: string, input: unknown) => of('backups', kind, summary, input);
const databases = (kind: string, databaseId: string, summary: string, more = {}) =>
  of('databases', kind, summary, { databaseId, ...more });

/**
 * A database comes back beside what is there: its new data directory is filled and compared by a server that nobody
 * reaches, and only then takes the old one's place, which stays as the way back. A failure before that changes nothing.
 */
export function planRestore(
  input: {
    readonly backupId: string;
    readonly projectId: string;
    readonly databaseId: string;
    readonly inPlace: boolean;
    readonly incarnation: number;
    readonly to: string | null;
  },
  facts: RestoreFacts,
  failing: boolean,
): readonly Step[] {
  const { databaseId, projectId } = input;
  const left = (steps: readonly Step[]) => steps.filter((step) => !facts.done.has(step.key));
  const fill = backups('fill', 'Restore beside what is there, and compare', input);
  const stop = databases('stop', databaseId, 'Stop the database');
  const start = [
    databases('configure', databaseId, 'Write its configuration and certificate'),
    databases('start', databaseId, 'Start it'),
    databases('awaitReady', databaseId, 'Wait until it answers'),
  ];
  const again = (step: Step): Step => ({ ...step, key: `${step.key}:back` });
  if (!input.inPlace) {
    if (failing)
      return left([
        stop,
        of('volumes', 'removeDirectory', 'Remove its files', { projectId, path: databasePath(databaseId) }),
        databases('forget', databaseId, 'Forget it'),
      ]);
    return left([
      of('network', 'ensureProject', "Make the project's network", { projectId }),
      of('volumes', 'ensureStorage', "Make the project's encrypted storage", { projectId }),
      fill,
      ...start,
      databases('addUser', databaseId, 'Make its user', { generation: 1 }),
      databases('markReady', databaseId, 'Open it for use'),
    ]);
  }
  if (failing) {
    // The old one runs again, whatever was done to it.
    const begun = facts.done.has(stop.key) || facts.failed.has(stop.key);
    return begun
      ? left([again(stop), backups('takeBack', 'Put the old data back', input), ...start.slice(1).map(again)])
      : [];
  }
  return left([
    safetyBackup({ type: 'database', id: databaseId }),
    fill,
    stop,
    backups('swap', 'Put the restored data in place', input),
    ...start,
  ]);
}

export const planRestoreVolume = (
  input: { readonly backupId: string; readonly volumeId: string; readonly path: string | null },
  done: ReadonlySet<string>,
): readonly Step[] =>
  [
    safetyBackup({ type: 'volume', id: input.volumeId }),
    backups('restoreVolume', 'Put the files back', input),
  ].filter((step) => !done.has(step.key));

/** One file; one that failed is written down as failed. */
export function planDownload(
  row: { readonly id: string; readonly status: string },
  failing: boolean,
): readonly Step[] {
  if (row.status !== 'pending') return [];
  const input = { downloadId: row.id };
  return [
    failing
      ? backups('giveDownloadUp', 'Give the download up', input)
      : backups('writeDownload', 'Encrypt the backup to its recipient', input),
  ];
}

/** One source of a project that comes back on a fresh platform. */
export interface Lost {
  readonly type: 'database' | 'volume';
  readonly id: string;
  readonly name: string;
  readonly incarnation: number;
  /** A database that write-ahead log brings further than its newest dump. */
  readonly replayed: boolean;
  /** null: it was never backed up, and comes back empty or not at all. */
  readonly backupId: string | null;
}

/** Everything of a project from the vault: one source that cannot be brought back keeps no other from it. */
export function planRecover(projectId: string, lost: readonly Lost[], facts: RestoreFacts): readonly Step[] {
  const look = backups('adopt', 'See what the vaults have that the platform does not know', { projectId });
  // Without it the newest that is known comes back.
  if (!facts.done.has(look.key) && !facts.failed.has(look.key)) return [look];
  const before = [
    of('network', 'ensureProject', "Make the project's network", { projectId }),
    of('volumes', 'ensureStorage', "Make the project's encrypted storage", { projectId }),
  ];
  if (before.some((step) => facts.failed.has(step.key))) return [];
  const steps = lost.flatMap((source) => {
    if (source.backupId === null) return [];
    const all = (source.type === 'database' ? recoverDatabase : recoverVolume)(
      projectId,
      source,
      source.backupId,
    ).map((step) => ({
      ...step,
      key: `${step.key}:${source.id}`,
      summary: `${source.name}: ${step.summary}`,
    }));
    return all.some((step) => facts.failed.has(step.key)) ? [] : all;
  });
  return [...before, ...steps].filter((step) => !facts.done.has(step.key));
}

const recoverDatabase = (
  projectId: string,
  { id, incarnation, replayed }: Lost,
  backupId: string,
): Step[] => [
  replayed
    ? backups('fillLatest', 'restore to the last moment and compare', {
        ...{ backupId, projectId, databaseId: id, incarnation },
      })
    : backups('fill', 'restore and compare', {
        ...{ backupId, projectId, databaseId: id },
        ...{ inPlace: false, incarnation, to: null },
      }),
  databases('configure', id, 'write its configuration and certificate'),
  databases('start', id, 'start it'),
  databases('awaitReady', id, 'wait until it answers'),
  databases('markReady', id, 'open it for use'),
];

const recoverVolume = (projectId: string, { id }: Lost, backupId: string): Step[] => [
  of('volumes', 'ensureDirectory', 'make its directory', {
    projectId,
    path: volumeDirectory(id),
    uid: APP_UID,
  }),
  backups('restoreVolume', 'put the files back', { backupId, volumeId: id, path: null }),
  of('volumes', 'volumeReady', 'open it for use', { volumeId: id }),
];
