// What encryption costs: our own PostgreSQL once in the encrypted directory of an image and once in a plain one of the same
// image, and files written and read in both. Root, no network, a temporary directory.
import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { runner } from '../src/adapters/exec/run.ts';
import { must } from '../src/kernel/refusal.ts';
import { startDatabase } from './lib/database.ts';
import { makeEnding } from './lib/ending.ts';
import { aesNote, encryptedStorage } from './lib/image.ts';
import { numbers } from './lib/options.ts';
import { begin } from './lib/result.ts';
import { median } from './lib/stats.ts';

const { rounds, seconds, scale, mib } = numbers({ rounds: 5, seconds: 20, scale: 50, mib: 256 });
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const CONTENDERS = ['plain', 'encrypted'] as const;
type Contender = (typeof CONTENDERS)[number];

const bench = await begin(
  'storage',
  "Encrypted storage: a project's directory next to a plain one of the same image",
  { PostgreSQL: ['/usr/lib/postgresql/15/bin/postgres', '--version'] },
);
await using ending = makeEnding();
// Each server may keep as much of its log as its plan says.
const storage = await encryptedStorage(ending, 20 * GIB + (mib * 2 + scale * 2 * 20) * MIB);
const servers = {
  plain: await startDatabase(ending, storage.plain, 'plain'),
  encrypted: await startDatabase(ending, storage.encrypted, 'crypt'),
};
for (const contender of CONTENDERS)
  await servers[contender].pgbench('--initialize', '--quiet', `--scale=${scale}`);
// A checkpoint that falls into one of two runs would be taken for a difference.
const settle = (contender: Contender) => servers[contender].server.session.run(CHECKPOINT);
const CHECKPOINT = ['psql', '-X', '-q', '-h', '/run/postgresql', '-U', 'postgres', '-c', 'checkpoint'];

async function transactions(contender: Contender, ...kind: string[]): Promise<number> {
  must(await settle(contender));
  const words = ['--client=4', '--jobs=2', '--protocol=prepared', '--no-vacuum', `--time=${seconds}`];
  const said = await servers[contender].pgbench(...words, ...kind);
  const found = /tps = ([\d.]+)/.exec(said)?.[1];
  if (found === undefined) throw new Error(said);
  return Number(found);
}

/** MiB a second of one file, written with its sync, or read past the cache. */
async function throughput(contender: Contender, what: 'write' | 'read'): Promise<number> {
  const home = join(storage[contender], 'files');
  await mkdir(home, { recursive: true });
  const path = join(home, 'file');
  if (what === 'read')
    must(await runner.run({ argv: ['xfs_io', '-r', '-c', `fadvise -d 0 ${mib * MIB}`, path] }));
  const chunk = randomBytes(MIB);
  const started = performance.now();
  const file = await open(path, what === 'write' ? 'w' : 'r');
  for (let n = 0; n < mib; n += 1) {
    if (what === 'write') await file.write(chunk);
    else await file.read(chunk, 0, MIB, n * MIB);
  }
  if (what === 'write') await file.sync();
  await file.close();
  return mib / ((performance.now() - started) / 1000);
}

const measures: readonly [string, (contender: Contender) => Promise<number>][] = [
  ['pgbench, TPC-B-like, transactions/s', (contender) => transactions(contender)],
  ['pgbench, selects only, transactions/s', (contender) => transactions(contender, '--select-only')],
  ['file written in sequence and synced, MiB/s', (contender) => throughput(contender, 'write')],
  ['file read in sequence, MiB/s', (contender) => throughput(contender, 'read')],
];
const raw: Record<string, Record<Contender, number[]>> = {};
for (let round = 0; round < rounds; round += 1) {
  for (const [name, measure] of measures) {
    raw[name] ??= { plain: [], encrypted: [] };
    // Who goes first changes from round to round.
    const order = round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed();
    for (const contender of order) raw[name][contender].push(await measure(contender));
  }
  console.log(`round ${round + 1} of ${rounds}`);
}

const rows = measures.map(([name]) => {
  const { plain, encrypted } = raw[name]!;
  const ratios = encrypted.map((value, round) => value / plain[round]!);
  return { name, plain: median(plain), encrypted: median(encrypted), ratio: median(ratios) };
});

bench.save({
  headlines: rows.map(({ name, plain, encrypted, ratio }) => ({
    ...{ what: name, bastide: encrypted, reference: plain, ratio },
    against: 'the same on a plain directory of the same image',
  })),
  notes: [
    'The reference is the plain directory: the same image, loop device and file system, the same server and configuration; the key is the only difference.',
    `${rounds} rounds that take turns; medians, and the median of the ratios within a round. pgbench: scale ${scale}, ${seconds} s each, 4 clients, prepared, over verified TLS as an app connects; files of ${mib} MiB.`,
    aesNote(storage.support),
  ],
  tables: [
    {
      title: 'Encrypted next to plain',
      columns: ['', 'plain', 'encrypted', 'encrypted / plain'],
      rows: rows.map(({ name, plain, encrypted, ratio }) => [name, plain, encrypted, ratio]),
    },
  ],
  raw,
});
