import { confined } from '../../adapters/exec/confined.ts';
import type { Command } from '../../kernel/command.ts';

/** No write to the file system goes on until it is thawed; what was written is on the disk. */
export const freeze = (mount: string): Command => ({
  argv: ['fsfreeze', '--freeze', mount],
  timeoutMs: 30_000,
});
export const thaw = (mount: string): Command => ({
  argv: ['fsfreeze', '--unfreeze', mount],
  timeoutMs: 30_000,
});

/** A physical copy as one tar stream, with the WAL that makes it consistent. */
export const baseBackup = (): string[] => [
  ...['pg_basebackup', '-h', '/run/postgresql', '-U', 'postgres', '--no-password'],
  ...['--pgdata=-', '--format=tar', '--wal-method=fetch', '--checkpoint=fast', '--label=bastide'],
];

const psql = (database: string): string[] => [
  ...['psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-h', '/run/postgresql'],
  ...['-U', 'postgres', '-d', database, '-f', '-'],
];
/** As superuser in the server's own database. */
export const psqlServer = (): string[] => psql('postgres');

/** Unpacks its standard input as this user, who sees nothing else of the machine. */
export const unpack = (directory: string, uid: number): Command => ({
  argv: confined(
    {
      programs: ['setpriv', 'tar'],
      reads: [],
      writes: [directory],
      capabilities: ['CAP_SETUID', 'CAP_SETGID'],
    },
    [
      ...['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'],
      ...['tar', '--extract', '--file=-', `--directory=${directory}`, '--no-same-owner'],
    ],
  ),
  timeoutMs: 6 * 3_600_000,
});
