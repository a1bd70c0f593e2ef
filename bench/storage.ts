// What encryption costs: the same PostgreSQL, once in an encrypted directory of an image and once in a plain one of the
// same image; and files written and read in both. Root, no network, a temporary directory.
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runner } from '../src/adapters/exec/run.ts';
import { makeEncryptedImages } from '../src/adapters/fscrypt/images.ts';
import { isRefusal, must } from '../src/kernel/refusal.ts';
import { Secret } from '../src/kernel/secret.ts';
import { numbers } from './lib/options.ts';
import { begin } from './lib/result.ts';
import { median } from './lib/stats.ts';

const { rounds, seconds, scale, mib } = numbers({ rounds: 5, seconds: 10, scale: 20, mib: 256 });
const BIN = '/usr/lib/postgresql/15/bin';
const MIB = 1024 ** 2;
const CONTENDERS = ['plain', 'encrypted'] as const;
type Contender = (typeof CONTENDERS)[number];

const bench = await begin(
  'storage',
  "Encrypted storage: a project's directory next to a plain one of the same image",
  {
    postgresql: [`${BIN}/postgres`, '--version'],
    pgbench: ['pgbench', '--version'],
  },
);
const images = makeEncryptedImages(runner);
const dir = await mkdtemp(join(tmpdir(), 'bench-storage-'));
const place = { image: join(dir, 'bench.img'), mount: join(dir, 'mounts', 'bench') };
const support = must(await images.support(dir));

async function idOf(flag: '-u' | '-g'): Promise<number> {
  return Number(must(await runner.run({ argv: ['id', flag, 'postgres'] })).stdout.trim());
}
const [uid, gid] = [await idOf('-u'), await idOf('-g')];

async function as(argv: [string, ...string[]]): Promise<string> {
  const ran = must(await runner.run({ argv, uid, gid, cwd: '/', env: { LC_ALL: 'C.UTF-8' } }));
  if (ran.code !== 0) throw new Error(`${argv[0]}: ${ran.stderr}${ran.stdout}`);
  return ran.stdout;
}

const homeOf = (contender: Contender): string =>
  contender === 'encrypted' ? join(place.mount, 'data', 'bench') : join(place.mount, 'plain');

/** One server at a time, on a socket in its own directory. */
async function withServer<T>(contender: Contender, work: (socket: string) => Promise<T>): Promise<T> {
  const home = homeOf(contender);
  const data = join(home, 'pg');
  const options = `-c listen_addresses='' -c unix_socket_directories='${home}' -c shared_buffers=64MB`;
  await as([`${BIN}/pg_ctl`, '-D', data, '-w', '-l', join(home, 'log'), '-o', options, 'start']);
  try {
    return await work(home);
  } finally {
    await as([`${BIN}/pg_ctl`, '-D', data, '-m', 'fast', '-w', 'stop']);
  }
}

async function transactions(contender: Contender, ...kind: string[]): Promise<number> {
  const said = await withServer(contender, (socket) =>
    as([
      'pgbench',
      '-h',
      socket,
      '-c',
      '4',
      '-j',
      '2',
      '-M',
      'prepared',
      '-n',
      '-T',
      String(seconds),
      ...kind,
      'postgres',
    ]),
  );
  return Number(/tps = ([\d.]+)/.exec(said)?.[1]);
}

/** MiB a second of one file, written with its sync, or read past the cache. */
async function throughput(contender: Contender, what: 'write' | 'read'): Promise<number> {
  const path = join(homeOf(contender), 'file');
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
  ['file written in sequence and synced, MiB/s', (contender) => throughput(contender, 'write')],
  ['file read in sequence, MiB/s', (contender) => throughput(contender, 'read')],
  ['pgbench, TPC-B-like, transactions/s', (contender) => transactions(contender)],
  ['pgbench, SELECT only, transactions/s', (contender) => transactions(contender, '-S')],
];

try {
  must(await images.create(place, 8 * 1024 * MIB));
  must(await images.open(place, new Secret(randomBytes(64).toString('base64'))));
  await chmod(dir, 0o711);
  for (const contender of CONTENDERS) {
    const home = homeOf(contender);
    await mkdir(home);
    await chown(home, uid, gid);
    await as([`${BIN}/initdb`, '-D', join(home, 'pg'), '-A', 'trust', '--data-checksums', '-E', 'UTF8']);
    await withServer(contender, (socket) =>
      as(['pgbench', '-h', socket, '-i', '-q', '-s', String(scale), 'postgres']),
    );
  }
  const raw: Record<string, Record<Contender, number[]>> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of measures) {
      raw[name] ??= { plain: [], encrypted: [] };
      // Who goes first changes from round to round.
      const order = round % 2 === 0 ? CONTENDERS : [...CONTENDERS].reverse();
      for (const contender of order) raw[name][contender].push(await measure(contender));
    }
  }
  const rows = measures.map(([name]) => {
    const { plain, encrypted } = raw[name]!;
    const ratios = encrypted.map((value, round) => value / plain[round]!);
    return [name, median(plain), median(encrypted), median(ratios)];
  });
  bench.save({
    notes: [
      `${rounds} rounds, pgbench scale ${scale}, ${seconds} s each, 4 clients, prepared; files of ${mib} MiB; medians, ratios within a round.`,
      `AES-256-XTS by ${support.driver}${support.hardware ? '' : ': no AES instructions of the processor, so this is the worst case'}.`,
    ],
    tables: [{ title: 'Encrypted next to plain', columns: ['', 'plain', 'encrypted', 'ratio'], rows }],
    raw,
  });
} finally {
  for (const name of await readdir(join(dir, 'mounts')).catch(() => []))
    must(await images.destroy({ image: place.image, mount: join(dir, 'mounts', name) }));
  const left = await images.leave(join(dir, 'mounts'));
  if (!isRefusal(left)) await rm(dir, { recursive: true, force: true });
}
