// What encryption at rest costs a database, and what a backup through the vault costs beside the bare programs.
// Real programs on this machine, in a temporary directory; no platform is brought up.
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { access, chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { runner } from '../src/adapters/exec/run.ts';
import { makeEncryptedImages } from '../src/adapters/fscrypt/images.ts';
import { makeRestic } from '../src/adapters/restic/restic.ts';
import { isRefusal, must, type Outcome } from '../src/kernel/refusal.ts';
import { Secret } from '../src/kernel/secret.ts';
import { startVault } from '../src/vault/testbed.ts';
import { numbers } from './lib/options.ts';
import { ok, startPostgres } from './lib/postgres.ts';
import { begin } from './lib/result.ts';
import { median } from './lib/stats.ts';

const { rounds, seconds, scale } = numbers({ rounds: 3, seconds: 20, scale: 70 });
const bench = await begin('data', 'Databases on encrypted storage, and their backups', {
  postgres: ['/usr/lib/postgresql/15/bin/postgres', '--version'],
  restic: ['restic', 'version'],
  borg: ['borg', '--version'],
  zstd: ['zstd', '--version'],
});
const dir = mkdtempSync(join(tmpdir(), 'bastide-bench-data-'));
const images = makeEncryptedImages(runner);
const place = { image: join(dir, 'bench.img'), mount: join(dir, 'mounts', 'bench') };

await using cleaning = new AsyncDisposableStack();
cleaning.defer(() => rmSync(dir, { recursive: true, force: true }));
must(await images.create(place, 12 * 1024 ** 3));
const { keyId } = must(await images.open(place, new Secret(randomBytes(64).toString('base64'))));
cleaning.defer(async () => {
  must(await images.destroy(place, keyId));
  must(await images.leave(join(dir, 'mounts')));
});
// The server runs as the user postgres and has to get there.
for (const path of [dir, join(dir, 'mounts'), place.mount, join(place.mount, 'data')])
  await chmod(path, 0o711);
// On one file system, so that the key is the only difference.
const kinds = {
  plain: await startPostgres(join(place.mount, 'plain')),
  encrypted: await startPostgres(join(place.mount, 'data', 'encrypted')),
};
for (const server of Object.values(kinds)) cleaning.defer(async () => void (await server.stop()));
type Kind = keyof typeof kinds;
const both = Object.keys(kinds) as Kind[];
const found: Record<string, Record<Kind, number[]>> = {};
const note = (what: string, kind: Kind, value: number): void => {
  found[what] ??= { plain: [], encrypted: [] };
  found[what][kind].push(value);
};
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

for (const kind of both) note('filling it, s', kind, await timed(() => kinds[kind].fill(scale)));
for (let round = 0; round < rounds; round += 1)
  for (const kind of round % 2 === 0 ? both : both.toReversed()) {
    note('TPC-B-like, transactions/s', kind, await kinds[kind].tps(seconds, false));
    note('selects alone, transactions/s', kind, await kinds[kind].tps(seconds, true));
  }

const vault = await startVault({}, join(dir, 'vault'));
cleaning.defer(() => vault.stop());
const repo = vault.repository(await vault.platform('bench'), 'bench-1');
const restic = makeRestic({ exec: runner, runDirectory: join(dir, 'restic') });
must(await restic.init(repo));
const { dump } = kinds.encrypted;
const environment = { LC_ALL: 'C.UTF-8' };
/** The dump as it comes, into whatever takes it; it is not ended here. */
async function dumpInto(stdout: Writable): Promise<Outcome<void>> {
  const ran = await runner.pipe({ argv: [...dump], env: environment, timeoutMs: 3_600_000 }, { stdout });
  if (isRefusal(ran)) return ran;
  if (ran.code !== 0) throw new Error(ran.stderr);
}

/** A file that was written whole. */
async function toFile(path: string, fill: (out: Writable) => Promise<Outcome<void>>): Promise<void> {
  const out = createWriteStream(path);
  must(await fill(out));
  out.end();
  await finished(out);
}

const hasBorg = await access('/usr/bin/borg').then(
  () => true,
  () => false,
);
const raw = join(dir, 'raw.dump');
const backups: Record<string, number[]> = {};
const bytes: Record<string, number> = {};
function took(what: string, value: number): void {
  backups[what] = [...(backups[what] ?? []), value];
}

for (let round = 0; round < rounds; round += 1) {
  took('pg_dump alone', await timed(() => toFile(raw, dumpInto)));
  bytes['pg_dump alone'] = statSync(raw).size;
  took('zstd -3 of the dump', await timed(() => zstd()));
  bytes['zstd -3 of the dump'] = statSync(`${raw}.zst`).size;
  took(
    'Bastide: pg_dump into the vault',
    await timed(async () => {
      const saved = must(
        await restic.backupStream(repo, {
          name: 'dump.pg',
          tags: [`round:${round}`],
          write: dumpInto,
        }),
      );
      // Rounds after the first only find what is there: the first is the one that adds.
      bytes['Bastide: pg_dump into the vault'] ??= saved.added;
    }),
  );
  if (hasBorg) took('borg create of the dump', await timed(() => borg(round)));
}

async function zstd(): Promise<void> {
  await ok(['zstd', '-3', '-q', '-f', raw, '-o', `${raw}.zst`]);
}

async function borg(round: number): Promise<void> {
  const home = join(dir, 'borg');
  if (round === 0) {
    await mkdir(home, { recursive: true });
    await ok(['borg', 'init', '--encryption=none', home]);
  }
  await ok(['borg', 'create', '--compression', 'zstd,3', `${home}::${round}`, raw]);
}

const [last] = must(await restic.snapshots(repo)).toReversed();
const back = await timed(() =>
  toFile(join(dir, 'back.dump'), (out) => restic.dump(repo, last!.id, '/dump.pg', out)),
);
const check = await timed(async () => must(await restic.check(repo, { read: { part: 1, of: 1 } })));
const MB = 1_000_000;
const size = (bytes['pg_dump alone'] ?? 0) / MB;

bench.save({
  notes: [
    `Medians of ${rounds} rounds that took turns; pgbench -s ${scale}, 4 clients, prepared; both data directories on one ext4 image.`,
    'The vault is the real gate and the real rclone on this machine, over TLS: its network and its disk are as fast as this machine is.',
    'zstd and borg are given the dump as a file: add the time of pg_dump alone to compare.',
    ...(hasBorg ? [] : ['borg is not installed here and was not measured.']),
  ],
  tables: [
    {
      title: 'A database on encrypted storage',
      columns: ['', 'plain', 'encrypted', 'encrypted / plain'],
      rows: Object.entries(found).map(([what, { plain, encrypted }]) => [
        what,
        median(plain),
        median(encrypted),
        median(encrypted) / median(plain),
      ]),
    },
    {
      title: `Backups of a dump of ${Math.round(size)} MB`,
      columns: ['', 'seconds', 'MB/s of dump', 'MB kept'],
      rows: [
        ...Object.entries(backups).map(([what, all]) => [
          what,
          median(all),
          size / median(all),
          bytes[what] === undefined ? '–' : bytes[what] / MB,
        ]),
        ['back out of the vault', back, size / back, '–'],
        ['check, every byte read', check, size / check, '–'],
      ],
    },
  ],
  raw: { found, backups, bytes, back, check },
});
