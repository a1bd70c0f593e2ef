import type { Command } from '../../kernel/command.ts';
import type { Part } from './port.ts';

/** Files with what is secret, in a directory of root's in memory; and where blobs are remembered, if anywhere. */
export interface Access {
  readonly directory: string;
  readonly cache: string | undefined;
}

export const FILES = { repository: 'repository', key: 'key', ca: 'ca.pem' } as const;

/** Every snapshot says this host, so that it does not matter which node took it. */
export const HOST = 'bastide';

const restic = (access: Access, args: readonly string[], seconds = 6 * 3600): Command => ({
  argv: [
    // Where we are killed it ends with us: the end of its input would be an end for it like any other.
    ...(['setpriv', '--pdeathsig', 'KILL', 'restic'] as const),
    ...['--repository-file', `${access.directory}/${FILES.repository}`],
    ...['--password-file', `${access.directory}/${FILES.key}`],
    ...['--cacert', `${access.directory}/${FILES.ca}`],
    ...(access.cache === undefined ? ['--no-cache'] : ['--cache-dir', access.cache]),
    ...args,
  ],
  // What it packs before sending is encrypted already.
  env: { TMPDIR: access.directory },
  cwd: '/',
  timeoutMs: seconds * 1000,
});

const tagged = (tags: readonly string[]): string[] => tags.flatMap((tag) => ['--tag', tag]);

// Nobody removes anything, so a reader needs no lock; only backup takes one.
export const init = (a: Access) => restic(a, ['init'], 300);
export const snapshots = (a: Access, ids: readonly string[] = []) =>
  restic(a, ['--no-lock', '--json', 'snapshots', ...ids], 600);
export const withTag = (a: Access, tag: string) =>
  restic(a, ['--no-lock', '--json', 'snapshots', '--tag', tag], 600);
export const stats = (a: Access) => restic(a, ['--no-lock', '--json', 'stats', '--mode', 'raw-data'], 1800);
export const keys = (a: Access) => restic(a, ['--no-lock', '--json', 'key', 'list'], 300);
export const unlock = (a: Access) => restic(a, ['unlock'], 300);
export const unlockAll = (a: Access) => restic(a, ['unlock', '--remove-all'], 300);

export const backupStream = (a: Access, name: string, tags: readonly string[], seconds?: number) =>
  restic(
    a,
    ['--json', 'backup', '--host', HOST, ...tagged(tags), '--stdin', '--stdin-filename', name],
    seconds,
  );

/** Without a parent every file is read: restic's own choice of one is not to be trusted in somebody else's store. */
export const backupPaths = (
  a: Access,
  paths: readonly string[],
  tags: readonly string[],
  parent: string | undefined,
  seconds?: number,
) =>
  restic(
    a,
    [
      ...['--json', 'backup', '--host', HOST, ...tagged(tags)],
      ...(parent === undefined ? ['--force'] : ['--parent', parent]),
      ...['--', ...paths],
    ],
    seconds,
  );

export const check = (a: Access, read: Part | undefined, seconds?: number) =>
  restic(a, ['--no-lock', 'check', ...reading(read)], seconds);

function reading(read: Part | undefined): string[] {
  if (!read) return [];
  return read.of === 1 ? ['--read-data'] : [`--read-data-subset=${read.part}/${read.of}`];
}

/** Which snapshots need these packs. */
export const findPacks = (a: Access, packs: readonly string[]) =>
  restic(a, ['--no-lock', '--json', 'find', '--pack', ...packs], 1800);

export const dump = (a: Access, snapshot: string, path: string, seconds?: number) =>
  restic(a, ['--no-lock', '--quiet', 'dump', snapshot, path], seconds);

export const restore = (
  a: Access,
  snapshot: string,
  target: string,
  include: readonly string[],
  seconds?: number,
) =>
  restic(
    a,
    [
      ...['--no-lock', 'restore', snapshot, '--verify', '--target', target],
      ...include.flatMap((path) => ['--include', path]),
    ],
    seconds,
  );
