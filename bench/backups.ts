// What a backup into the vault costs beside pg_dump | zstd and beside borg, on the same data: the first, those that
// follow, looking at them, and getting one back. Real programs in a temporary directory; no platform is brought up.
import { join } from 'node:path';
import type { Manifest } from '../src/adapters/databases/port.ts';
import { runner } from '../src/adapters/exec/run.ts';
import { postgres } from '../src/adapters/postgres/postgres.ts';
import { makeRestic } from '../src/adapters/restic/restic.ts';
import { databaseDifferences } from '../src/capabilities/backups/compare.ts';
import { must } from '../src/kernel/refusal.ts';
import { startVault } from '../src/vault/testbed.ts';
import { type Cost, costOf } from './lib/cost.ts';
import { type BenchDatabase, startDatabase } from './lib/database.ts';
import { makeEnding } from './lib/ending.ts';
import { aesNote, encryptedStorage, MB } from './lib/image.ts';
import { bastide, borg, type Keeper, rawDump, restoreInto, sink, zstdFiles } from './lib/keepers.ts';
import { numbers } from './lib/options.ts';
import { begin } from './lib/result.ts';
import { median } from './lib/stats.ts';

const GIB = 1024 ** 3;
const { mb, rounds, days } = numbers({ mb: 1000, rounds: 3, days: 7 });
const bench = await begin('backups', 'Backups of a database, beside pg_dump | zstd and borg', {
  PostgreSQL: ['/usr/lib/postgresql/15/bin/postgres', '--version'],
  restic: ['restic', 'version'],
  rclone: ['rclone', 'version'],
  borg: ['borg', '--version'],
  zstd: ['zstd', '--version'],
});

await using ending = makeEnding();
const { signal } = ending;
const storage = await encryptedStorage(ending, 24 * GIB + 16 * mb * MB);
const source = await startDatabase(ending, storage.encrypted, 'shop');
await source.fill(mb);
const { session } = source.server;

const vault = await startVault({}, join(storage.beside, 'vault'));
ending.defer(() => vault.stop());
const restic = makeRestic({ exec: runner, runDirectory: join(storage.beside, 'restic') });
const around = { session, directory: storage.beside, signal };
const ours = await bastide(around, vault, restic);
const reference = zstdFiles(around);
const borgs = borg(around);
const keepers: readonly Keeper[] = [reference, borgs, ours];

interface Took extends Cost {
  readonly who: string;
  readonly round: number;
}
const took = { back: [] as Took[], read: [] as Took[], restored: [] as Took[] };
const inTurns = (round: number): readonly Keeper[] =>
  keepers.map((_, i) => keepers[(i + round) % keepers.length]!);

let dumpBytes = 0;
const alone: Cost[] = [];
const manifests: Cost[] = [];
const full = new Map<string, number>();
for (let round = 0; round < rounds; round += 1) {
  const counted = sink();
  alone.push(await costOf(async () => must(await rawDump(session, counted.stream, signal))));
  dumpBytes = counted.bytes();
  manifests.push(await costOf(async () => must(await postgres.manifest(session, signal))));
  for (const keeper of inTurns(round)) {
    await keeper.begin();
    took.back.push({ who: keeper.name, round, ...(await costOf(() => keeper.keep('full'))) });
    full.set(keeper.name, await keeper.size());
  }
  console.log(`backups: round ${round + 1} of ${rounds}`);
}

/** Equal to what was dumped, or the bench has measured something else than a restore. */
function sameOrThrow(found: Manifest, keeper: Keeper): void {
  const differences = databaseDifferences(ours.manifest(), found);
  if (differences.length > 0) throw new Error(`${keeper.name}: ${differences.join(', ')}`);
}

const target: BenchDatabase = await startDatabase(ending, storage.encrypted, 'target');
const compared: Cost[] = [];
for (let round = 0; round < rounds; round += 1) {
  for (const keeper of inTurns(round)) {
    const nowhere = sink();
    took.read.push({ who: keeper.name, round, ...(await costOf(() => keeper.read(nowhere.stream))) });
    await target.empty();
    const restored = await costOf(() => restoreInto(target.server.session, keeper, signal));
    took.restored.push({ who: keeper.name, round, ...restored });
    let found: Manifest | undefined;
    compared.push(
      await costOf(async () => {
        found = must(await postgres.manifest(target.server.session, signal));
      }),
    );
    sameOrThrow(found!, keeper);
  }
  console.log(`restores: round ${round + 1} of ${rounds}`);
}

// A life: what each backup adds, on top of the last round's first one.
const rows = await source.rows();
const share = (percent: number): number => Math.max(1, Math.round((rows * percent) / 100));
const changes: readonly (readonly [string, (n: number) => Promise<void>])[] = [
  ['nothing has changed', async () => undefined],
  ...Array.from({ length: days }, (_, day): (typeof changes)[number] => [
    `day ${day + 1}: 1 % more rows, 1 % of the newest tenth changed`,
    async () => {
      await source.append(share(1));
      await source.rewrite(share(0.1), 'newest', `day${day}`);
    },
  ]),
  ['0.5 % of all rows changed, evenly spread', () => source.rewrite(share(0.5), 'everywhere', 'spread')],
];
interface Step {
  readonly what: string;
  readonly costs: Readonly<Record<string, Cost & { readonly added: number; readonly total: number }>>;
}
const life: Step[] = [];
for (const [n, [what, change]] of changes.entries()) {
  await change(n);
  const costs: Record<string, Cost & { added: number; total: number }> = {};
  for (const keeper of inTurns(n)) {
    const before = await keeper.size();
    const cost = await costOf(() => keeper.keep(`step-${n}`));
    const total = await keeper.size();
    costs[keeper.name] = { ...cost, added: total - before, total };
  }
  life.push({ what, costs });
  console.log(`backup after: ${what}`);
}

const looked: (Cost & { what: string; bytes: number })[] = [];
for (const keeper of keepers)
  for (const [what, check] of Object.entries(keeper.checks)) {
    const bytes = await keeper.size();
    looked.push({ what, bytes, ...(await costOf(check)) });
  }

const dump = dumpBytes / MB;
const of = (list: readonly Took[], who: string): Took[] => list.filter((one) => one.who === who);
const seconds = (list: readonly Cost[]): number => median(list.map((one) => one.seconds));
const cpu = (list: readonly Cost[]): number => median(list.map((one) => one.cpu)) / (dump / 1000);
/** The middle of the ratios within each round: what else the machine did then, it did to both. */
const ratio = (list: readonly Took[], who: string, to = reference.name): number => {
  const base = of(list, to);
  return median(
    of(list, who).map((one) => one.seconds / base.find(({ round }) => round === one.round)!.seconds),
  );
};
const rowOf = (list: readonly Took[], who: string) => [
  who,
  seconds(of(list, who)),
  dump / seconds(of(list, who)),
  ratio(list, who),
  cpu(of(list, who)),
];
const columns = ['', 'seconds', 'MB/s of dump', 'time / that of zstd', 'CPU s per GB of dump'];
const part = (what: string, list: readonly Cost[]) => [
  what,
  seconds(list),
  dump / seconds(list),
  '–',
  cpu(list),
];

/** Of two things that were done in turns; `borg` is a second reference. */
const beside = (what: string, list: readonly Took[]) =>
  [reference, borgs].map((other) => ({
    what,
    bastide: seconds(of(list, ours.name)),
    reference: seconds(of(list, other.name)),
    ratio: ratio(list, ours.name, other.name),
    against: other === reference ? 'pg_dump to zstd -3, a file' : 'pg_dump to borg, local',
  }));
const dayOf = (who: string): number => median(life.slice(1, -1).map(({ costs }) => costs[who]!.added)) / MB;
const grown = (who: string): number => life.at(-2)!.costs[who]!.total / MB;
const weekly = looked.filter(({ what }) => what.startsWith('Bastide:'));
const [structure, , every] = weekly;
const perGb = (one: (typeof looked)[number]): number => one.seconds / (one.bytes / MB / 1000);

bench.save({
  headlines: [
    ...beside(`a first backup of ${Math.round(dump)} MB, s`, took.back),
    ...beside('its dump read back, s', took.read),
    ...beside('restored into an empty database, s', took.restored),
    ...[reference, borgs].flatMap((other) => {
      const against = other === reference ? 'a zstd file each time' : 'borg';
      const pair = (get: (who: string) => number) => ({
        ...{ bastide: get(ours.name), reference: get(other.name), against },
        ratio: get(ours.name) / get(other.name),
      });
      return [
        { what: 'a day of changes adds, MB', ...pair(dayOf) },
        { what: `kept after ${days} days of changes, MB`, ...pair(grown) },
      ];
    }),
    {
      what: 'continuous verification: s a week per GB kept',
      bastide: 7 * perGb(structure!) + perGb(every!),
      reference: perGb(looked.find(({ what }) => what.includes('--verify-data'))!),
      against: 'borg check --verify-data, once',
    },
  ],
  notes: [
    `The reference is \`pg_dump | zstd -3\` into a file: one program beside another, nothing encrypted, nothing checked, nothing remembered. borg: local repository, its own encryption and deduplication. Bastide: dump and manifest of one snapshot, restic, TLS, the gate, rclone, all on this machine; a network is added by whoever has one.`,
    `A dump of ${Math.round(dump)} MB (\`--mb\` chooses); the database is our stack with our configuration on encrypted storage; what is kept lies beside it on the machine's own file system. ${aesNote(storage.support)}`,
    `Medians of ${rounds} rounds; each contender is first in another round, ratios are taken within a round. CPU is that of every program of the bench together, the database included.`,
    'Restores all go through the same `pg_restore --single-transaction` into an empty database on encrypted storage, and each was compared with the manifest afterwards: schema, rows and a checksum per table.',
    'Checks look at what is kept after all backups above. Structure and a seventh of the data each day is the platform’s own rhythm: every byte within a week.',
    'A changed row moves to the end of its table and its dump: changes that are spread over all of a table touch nearly every block of it, for borg as for restic.',
  ],
  tables: [
    {
      title: 'A first backup',
      columns: [...columns, 'MB kept'],
      rows: [
        [...part('pg_dump alone, into nothing', alone), '–'],
        ...keepers.map(({ name }) => [...rowOf(took.back, name), (full.get(name) ?? 0) / MB]),
        [...part('of which the manifest takes, beside the dump', manifests), '–'],
      ],
    },
    {
      title: 'Getting it back',
      columns,
      rows: [
        ...keepers
          .map(({ name }) => rowOf(took.read, name))
          .map(([who, ...rest]) => [`read: ${who}`, ...rest]),
        ...keepers
          .map(({ name }) => rowOf(took.restored, name))
          .map(([who, ...rest]) => [`restored: ${who}`, ...rest]),
        part('compared with the manifest', compared),
      ],
    },
    {
      title: 'What each further backup costs and adds',
      columns: ['', ...keepers.flatMap(({ name }) => [`${name}: s`, 'MB added', 'MB in all'])],
      rows: life.map(({ what, costs }) => [
        what,
        ...keepers.flatMap(({ name }) => {
          const { seconds: s, added, total } = costs[name]!;
          return [s, added / MB, total / MB];
        }),
      ]),
    },
    {
      title: 'Looking at what is kept',
      columns: ['', 'MB kept', 'seconds', 's per GB kept', 'CPU s per GB kept'],
      rows: looked.map(({ what, bytes, ...cost }) => [
        what,
        bytes / MB,
        cost.seconds,
        cost.seconds / (bytes / MB / 1000),
        cost.cpu / (bytes / MB / 1000),
      ]),
    },
  ],
  raw: { dumpBytes, alone, manifests, took, compared, life, looked },
});
