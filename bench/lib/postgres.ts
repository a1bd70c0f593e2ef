import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runner } from '../../src/adapters/exec/run.ts';
import { must } from '../../src/kernel/refusal.ts';

const BIN = '/usr/lib/postgresql/15/bin';

/** Runs a program that has to succeed; answers what it printed. */
export async function ok(
  argv: readonly [string, ...string[]],
  as?: { uid: number; gid: number },
): Promise<string> {
  const ran = must(
    await runner.run({ argv, timeoutMs: 3_600_000, cwd: '/', env: { LC_ALL: 'C.UTF-8' }, ...as }),
  );
  if (ran.code !== 0) throw new Error(`${argv.join(' ')}: ${ran.stderr || ran.stdout}`);
  return ran.stdout;
}

/** PostgreSQL 15 on a unix socket, its data in a directory that is given; as the user `postgres`, durable as ever. */
export async function startPostgres(directory: string) {
  const id = async (flag: string) => Number((await ok(['id', flag, 'postgres'])).trim());
  const as = { uid: await id('-u'), gid: await id('-g') };
  await mkdir(directory, { recursive: true });
  await chown(directory, as.uid, as.gid);
  const data = join(directory, 'pg');
  const options = `-c listen_addresses='' -c unix_socket_directories='${directory}' -c shared_buffers=128MB`;
  await ok([`${BIN}/initdb`, '-D', data, '-A', 'trust', '-U', 'postgres', '--data-checksums'], as);
  await ok([`${BIN}/pg_ctl`, '-D', data, '-w', '-l', join(directory, 'log'), '-o', options, 'start'], as);
  const pgbench = (...words: string[]) =>
    ok([`${BIN}/pgbench`, '-h', directory, '-U', 'postgres', ...words, 'postgres'], as);
  return {
    socket: directory,
    fill: (scale: number) => pgbench('-q', '-i', '-s', String(scale)),
    /** Transactions a second, of pgbench's own mix or of selects alone. */
    async tps(seconds: number, selects: boolean): Promise<number> {
      const said = await pgbench(
        ...['-c', '4', '-j', '2', '-T', String(seconds), '-M', 'prepared'],
        ...(selects ? ['-S'] : []),
      );
      const found = /tps = ([\d.]+)/.exec(said)?.[1];
      if (found === undefined) throw new Error(said);
      return Number(found);
    },
    dump: [
      `${BIN}/pg_dump`,
      '-h',
      directory,
      '-U',
      'postgres',
      '--format=custom',
      '--compress=0',
      'postgres',
    ] as const,
    stop: () => ok([`${BIN}/pg_ctl`, '-D', data, '-m', 'fast', '-w', 'stop'], as),
  };
}
