// Who keeps dumps of a database: the platform's own way, and the references beside it.
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Manifest, Session } from '../../src/adapters/databases/port.ts';
import { runner } from '../../src/adapters/exec/run.ts';
import { databaseOf } from '../../src/adapters/postgres/names.ts';
import { postgres } from '../../src/adapters/postgres/postgres.ts';
import type { Repository, Restic } from '../../src/adapters/restic/port.ts';
import type { Command } from '../../src/kernel/command.ts';
import { isRefusal, must, type Outcome } from '../../src/kernel/refusal.ts';
import { Secret } from '../../src/kernel/secret.ts';
import type { TestVault } from '../../src/vault/testbed.ts';

const HOURS_MS = 6 * 3_600_000;

export interface Keeper {
  readonly name: string;
  /** Forgets all and begins anew. */
  begin(): Promise<void>;
  /** A backup of what the database holds now. */
  keep(label: string): Promise<void>;
  /** The dump of the newest backup, to a stream that is not ended. */
  read(out: Writable): Promise<void>;
  /** Looks at all that it keeps; each way that there is, from the quickest to the most thorough. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  /** Bytes on the disk. */
  size(): Promise<number>;
}

interface Around {
  readonly session: Session;
  /** Where it may keep things. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

async function bytesIn(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = names.filter((one) => one.isFile());
  const sizes = await Promise.all(files.map((one) => stat(join(one.parentPath, one.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

/** The database's own program, with nothing of ours around it but the jail of its server. */
export async function rawDump(
  session: Session,
  stdout: Writable,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const argv = ['pg_dump', '--format=custom', '--compress=0', '-h', '/run/postgresql', '-U', 'postgres'];
  const ran = await session.stream([...argv, '-d', databaseOf(session.instance)], { stdout, signal });
  if (isRefusal(ran)) return ran;
  if (ran.code !== 0) throw new Error(ran.stderr);
}

/** Takes all and counts it. */
export function sink(): { readonly stream: Writable; bytes(): number } {
  let bytes = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done();
    },
  });
  return { stream, bytes: () => bytes };
}

/** A program that has to succeed, with streams at both ends. */
async function flow(command: Command, of: Parameters<typeof runner.pipe>[1]): Promise<void> {
  const ran = must(await runner.pipe({ timeoutMs: HOURS_MS, ...command }, of));
  if (ran.code !== 0) throw new Error(`${command.argv.join(' ')}: ${ran.stderr || ran.stdout}`);
}

export function zstdFiles({ session, directory, signal }: Around): Keeper {
  const home = join(directory, 'zstd');
  let newest = '';
  return {
    name: 'zstd -3, a file each',
    async begin() {
      await rm(home, { recursive: true, force: true });
      await mkdir(home);
    },
    async keep(label) {
      newest = join(home, `${label}.zst`);
      const file = createWriteStream(newest);
      const write = (stdin: Writable) => rawDump(session, stdin, signal);
      await flow({ argv: ['zstd', '-3', '-q', '-c'] }, { write, stdout: file, signal });
      file.end();
      await finished(file);
    },
    read: (out) => flow({ argv: ['zstd', '-d', '-q', '-c', newest] }, { stdout: out, signal }),
    checks: {
      'zstd -t, every file': async () => {
        const files = (await readdir(home)).map((name) => join(home, name));
        await flow({ argv: ['zstd', '-t', '-q', ...files] }, { signal });
      },
    },
    size: () => bytesIn(home),
  };
}

export function borg({ session, directory, signal }: Around): Keeper {
  const home = join(directory, 'borg');
  const env = {
    BORG_REPO: join(home, 'repository'),
    BORG_BASE_DIR: join(home, 'own'),
    BORG_PASSPHRASE: new Secret('a passphrase for a bench'),
    LC_ALL: 'C.UTF-8',
  };
  let newest = '';
  const run = (argv: Command['argv'], of: Parameters<typeof runner.pipe>[1] = {}) =>
    flow({ argv, env }, { signal, ...of });
  return {
    name: 'borg, local',
    async begin() {
      await rm(home, { recursive: true, force: true });
      await mkdir(home);
      await run(['borg', 'init', '--encryption=repokey-blake2']);
    },
    async keep(label) {
      newest = label;
      await run(['borg', 'create', '--compression=zstd,3', '--stdin-name=dump.pg', `::${label}`, '-'], {
        write: (stdin) => rawDump(session, stdin, signal),
      });
    },
    read: (out) => run(['borg', 'extract', '--stdout', `::${newest}`], { stdout: out }),
    checks: {
      'borg check': () => run(['borg', 'check']),
      'borg check --verify-data': () => run(['borg', 'check', '--verify-data']),
    },
    size: () => bytesIn(env.BORG_REPO),
  };
}

export interface BastideKeeper extends Keeper {
  /** What the newest backup must be equal to when it is restored. */
  manifest(): Manifest;
}

/** As the platform does it: dump and manifest of one snapshot, through restic and the gate into a vault. */
export async function bastide(
  { session, signal }: Around,
  vault: TestVault,
  restic: Restic,
): Promise<BastideKeeper> {
  const access = await vault.platform('bench');
  let generation = 0;
  let repository: Repository | undefined;
  let newest = '';
  let manifest: Manifest | undefined;
  const place = () => vault.place(access, `bench-${generation}`);
  const check = (read?: { part: number; of: number }) => async () => {
    const { findings } = must(await restic.check(repository!, { signal, ...(read ? { read } : {}) }));
    if (findings.length > 0) throw new Error(findings[0]!.said);
  };
  return {
    name: 'Bastide, the vault',
    async begin() {
      // Nothing that the platform could say empties a vault.
      if (generation > 0) await rm(place(), { recursive: true, force: true });
      generation += 1;
      repository = vault.repository(access, `bench-${generation}`);
      must(await restic.init(repository));
    },
    async keep(label) {
      const saved = await restic.backupStream(repository!, {
        name: 'dump.postgres',
        tags: [`bench:${label}`],
        signal,
        async write(stdin, ended) {
          const dumped = await postgres.dump(session, stdin, ended);
          if (isRefusal(dumped)) return dumped;
          manifest = dumped;
          return undefined;
        },
      });
      newest = must(saved).snapshot;
    },
    async read(out) {
      must(await restic.dump(repository!, newest, '/dump.postgres', out, { signal }));
    },
    checks: {
      'Bastide: structure, daily': check(),
      'Bastide: one seventh of the data, daily': check({ part: 1, of: 7 }),
      'Bastide: every byte': check({ part: 1, of: 1 }),
    },
    size: () => bytesIn(place()),
    manifest: () => manifest!,
  };
}

/** A dump out of whoever keeps it into a server that `prepare` has made. */
export async function restoreInto(session: Session, keeper: Keeper, signal: AbortSignal): Promise<void> {
  const through = new PassThrough();
  const reading = keeper.read(through).then(
    () => void through.end(),
    (error: Error) => void through.destroy(error),
  );
  const restored = await postgres.restore(session, through, signal);
  await reading;
  must(restored);
}
