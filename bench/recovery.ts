// How long it takes until a database is back, and until a backup is proven, on a whole platform with its vault on another
// machine: through the API, every step as the platform recorded it.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { databaseLabel } from '../src/capabilities/databases/model.ts';
import { must } from '../src/kernel/refusal.ts';
import { startVault } from '../test/lab/vault.ts';
import { numbers } from './lib/options.ts';
import { type Operation, startPlatform } from './lib/platform.ts';
import { begin } from './lib/result.ts';
import { CREATE_ENTRIES, insertRows, ROWS_A_MB } from './lib/rows.ts';
import { median } from './lib/stats.ts';

const PROJECT = 'bench';
const SOURCE = 'ledger';
const { mb, rounds } = numbers({ mb: 1000, rounds: 3 });
const bench = await begin('recovery', 'Until a database is back: recovery and proof of backups', {
  restic: ['restic', 'version'],
});
await using platform = await startPlatform(['v1']);
const { api, bastide, lab } = platform;
const backups = `/v1/projects/${PROJECT}/backups`;

/** A code works once, and the vault's parts start one after the other. */
async function enrol(): Promise<void> {
  for (let left = 30; ; left -= 1) {
    const { url, fingerprint: ca, code } = await startVault(lab.host('v1'));
    const added = await platform
      .change('POST', '/v1/vaults', { name: 'offsite', url, ca, code })
      .catch((error: Error) => error);
    if (!(added instanceof Error)) return;
    if (left === 0) throw added;
    await sleep(2000);
  }
}

/** psql in a container, as its server's superuser. */
const inside = (container: string, database: string, text: string) =>
  bastide.docker(
    ...['exec', container, 'psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-h', '/run/postgresql'],
    ...['-U', 'postgres', '-d', database.replaceAll('-', '_'), '-c', text],
  );

/** In the one container that has this database. */
async function psql(database: string, text: string): Promise<string> {
  const all = await bastide.docker('ps', '--quiet', '--filter', `label=${databaseLabel.database}`);
  for (const container of all.stdout.split('\n').filter(Boolean)) {
    if ((await inside(container, database, 'select 1')).code !== 0) continue;
    const ran = await inside(container, database, text);
    if (ran.code !== 0) throw new Error(ran.stderr);
    return ran.stdout.trim();
  }
  throw new Error(`no container has the database ${database}`);
}
const NOW = `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const SUM = "select count(*) || ' ' || sum(hashtextextended(what, n)) from entries";

async function fill(): Promise<void> {
  const owner = await psql(
    SOURCE,
    'select pg_get_userbyid(datdba) from pg_database where datname = current_database()',
  );
  for (const statement of [CREATE_ENTRIES, ...insertRows(1, Math.ceil(mb * ROWS_A_MB))])
    await psql(SOURCE, `set role "${owner}"; ${statement}`);
}

await enrol();
// What is not there yet is made as large as wanted: the source, a proof or a copy beside it, and their logs.
await platform.change('PATCH', `/v1/projects/${PROJECT}/storage`, { sizeGib: 20 + Math.ceil(mb / 100) });
await platform.createDatabase(PROJECT, { name: SOURCE, engine: 'postgres', plan: 'standard' });
await fill();

const events: Record<string, Operation[]> = {};
async function event(name: string, work: () => Promise<Operation>): Promise<void> {
  const done = await work();
  events[name] = [...(events[name] ?? []), done];
  console.log(`${name}: ${lasted(done).toFixed(1)} s`);
}
const lasted = ({ startedAt, finishedAt }: Operation): number =>
  (Date.parse(finishedAt!) - Date.parse(startedAt!)) / 1000;

const Listed = z.object({
  backups: z.array(z.looseObject({ id: z.uuid(), kind: z.string(), bytes: z.int() })),
});
const newest = async (kind: string) =>
  must(await api.get(`${backups}?source=${SOURCE}&kind=${kind}&limit=1`, Listed)).backups[0]!;

/** Restored beside the original, compared with what it has to be, and gone again. */
async function copied(name: string, body: object, wanted: string): Promise<Operation> {
  const done = await platform.change('POST', `${backups}/restore`, { source: SOURCE, as: name, ...body });
  const found = await psql(name, SUM);
  if (found !== wanted) throw new Error(`${name} holds ${found} instead of ${wanted}`);
  await platform.change('DELETE', `/v1/databases/${name}?backup=no`);
  return done;
}

for (let round = 1; round <= rounds; round += 1) {
  await event('backup: dump and physical copy', () => platform.change('POST', backups, { source: SOURCE }));
  const wanted = await psql(SOURCE, SUM);
  const dump = await newest('dump');
  const base = await newest('base');
  await event('proof: the dump restored into a throw-away and compared', () =>
    platform.change('POST', `${backups}/${dump.id}/verify`),
  );
  await event('check of the repository, with its share of the data', () =>
    platform.change('POST', `${backups}/${base.id}/verify`),
  );
  await event('recovery: a new database from the dump', () => copied(`dump-${round}`, {}, wanted));
  const moment = await psql(SOURCE, NOW);
  // What came after that moment must not be there.
  await sleep(2000);
  await psql(SOURCE, `delete from entries where n % 100 = ${round}`);
  await event('recovery: a new database as at a stated moment', () =>
    copied(`then-${round}`, { to: moment }, wanted),
  );
}

const size = (await newest('dump')).bytes / 1_000_000;
const stepsOf = (done: readonly Operation[]): (string | number)[][] => {
  const names = [
    ...new Set(done.flatMap(({ steps }) => steps.map((one) => `${one.capability}.${one.kind}`))),
  ];
  const took = (operation: Operation, name: string): number =>
    operation.steps
      .filter((one) => `${one.capability}.${one.kind}` === name && one.finishedAt !== null)
      .reduce((sum, one) => sum + (Date.parse(one.finishedAt!) - Date.parse(one.startedAt)) / 1000, 0);
  return names.map((name) => [`– ${name}`, median(done.map((one) => took(one, name))), '–']);
};

const medianOf = (name: string): number => median((events[name] ?? []).map(lasted));
bench.save({
  headlines: Object.keys(events).map((name) => ({
    ...{ what: `${name}, ${Math.round(size)} MB, s`, bastide: medianOf(name), reference: '–' },
    against: 'none on a whole platform; the bare programs are above',
  })),
  notes: [
    `A dump of ${Math.round(size)} MB (\`--mb\` chooses) from PostgreSQL in plan \`standard\`; medians of ${rounds} rounds; from the start of the operation to its end, as the platform recorded it.`,
    'A whole platform in a lab: API, agent, engine, encrypted storage; the vault is another host of the lab on the same machine. The reference for the bare programs is the bench `backups`.',
    'Each restored copy was compared with the original by count and hash of all rows; the one as at a moment without the deletion that came two seconds after it.',
    'The proof is what is done with every database each week: the cost of knowing that a backup can be restored.',
  ],
  tables: [
    {
      title: 'Backup, proof and recovery of one database',
      columns: ['', 'seconds', 's per GB of dump'],
      rows: Object.entries(events).flatMap(([name, done]) => {
        const seconds = median(done.map(lasted));
        return [[name, seconds, seconds / (size / 1000)], ...stepsOf(done)];
      }),
    },
  ],
  raw: { size, events },
});
