import type { Command } from '../../kernel/command.ts';
import type { Secret } from '../../kernel/secret.ts';
import { confined } from '../exec/confined.ts';
import type { Part } from './port.ts';

/** What is secret, and files with it in a directory of root's in memory; and where blobs are remembered, if anywhere. */
export interface Access {
  readonly directory: string;
  readonly cache: string | undefined;
  /** With the user and the password. */
  readonly repository: Secret;
  readonly key: Secret;
}

export const FILES = { repository: 'repository', key: 'key', ca: 'ca.pem' } as const;

/** Every snapshot says this host, so that it does not matter which node took it. */
export const HOST = 'bastide';

const SIX_HOURS = 6 * 3600;
const caching = ({ cache }: Access): string[] =>
  cache === undefined ? ['--no-cache'] : ['--cache-dir', cache];

const restic = (access: Access, args: readonly string[], seconds = SIX_HOURS): Command => ({
  argv: [
    // Where we are killed it ends with us: the end of its input would be an end for it like any other.
    ...(['setpriv', '--pdeathsig', 'KILL', 'restic'] as const),
    ...['--repository-file', `${access.directory}/${FILES.repository}`],
    ...['--password-file', `${access.directory}/${FILES.key}`],
    ...['--cacert', `${access.directory}/${FILES.ca}`],
    ...caching(access),
    ...args,
  ],
  // What it packs before sending is encrypted already.
  env: { TMPDIR: access.directory },
  cwd: '/',
  timeoutMs: seconds * 1000,
});

/**
 * Where it walks through a tree that is not ours it sees that tree and nothing else. What is secret is in its environment
 * then, which nothing in that world shows: a file could be walked into.
 */
const alone = (
  access: Access,
  view: { reads?: readonly string[]; writes?: readonly string[]; capabilities: readonly string[] },
  args: readonly string[],
  seconds = SIX_HOURS,
): Command => {
  const ca = `${access.directory}/${FILES.ca}`;
  return {
    argv: confined(
      {
        programs: ['restic'],
        reads: [ca, ...(view.reads ?? [])],
        writes: [...(access.cache === undefined ? [] : [access.cache]), ...(view.writes ?? [])],
        capabilities: view.capabilities,
      },
      ['restic', '--cacert', ca, ...caching(access), ...args],
    ),
    env: { RESTIC_REPOSITORY: access.repository, RESTIC_PASSWORD: access.key },
    cwd: '/',
    timeoutMs: seconds * 1000,
  };
};

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
  of: {
    readonly paths: readonly string[];
    readonly seeing: readonly string[];
    readonly tags: readonly string[];
    readonly parent?: string | undefined;
  },
  seconds?: number,
) =>
  alone(
    a,
    { reads: of.seeing, capabilities: ['CAP_DAC_READ_SEARCH'] },
    [
      ...['--json', 'backup', '--host', HOST, ...tagged(of.tags)],
      ...(of.parent === undefined ? ['--force'] : ['--parent', of.parent]),
      ...['--', ...of.paths],
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

/** As restic reads a pattern: this very path, whatever letters are in it. */
const literally = (path: string): string => path.replaceAll(/[\\*?[\]]/g, '\\$&');

/** As whoever owns what is restored, which is written to the named places and nowhere else. */
export const restore = (
  a: Access,
  snapshot: string,
  of: { readonly target: string; readonly writes: readonly string[]; readonly include: readonly string[] },
  seconds?: number,
) =>
  alone(
    a,
    {
      writes: of.writes,
      capabilities: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_FSETID'],
    },
    [
      ...['--no-lock', 'restore', snapshot, '--verify', '--target', of.target],
      ...of.include.flatMap((path) => ['--include', literally(path)]),
    ],
    seconds,
  );
