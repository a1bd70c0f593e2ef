// A program: queries as an app sends them, over verified TLS, with the credentials that it was told last. Short ones over a
// pool, long ones over the same pool, and some over a connection each. Lines of `Told` come in, lines of `Said` go out;
// at the end of its input it says what became of all queries.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  emptyQueryTally,
  QueriesSpec,
  type QueryTally,
  querySummary,
  type Said,
  Told,
} from './queries-model.ts';

const SHORT = 4;
const LONG = 2;
const FRESH = 2;
const { port, host, ca, pauseMs } = QueriesSpec.parse(JSON.parse(process.argv[2] ?? ''));

const tallies = new Map<string, QueryTally>();
let phase = 'start';
let over = false;
let confirmed = 0;
let config: pg.PoolConfig | undefined;
let pool: pg.Pool | undefined;

const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

function tallyOf(name: string): QueryTally {
  const tally = tallies.get(name) ?? emptyQueryTally();
  tallies.set(name, tally);
  return tally;
}

/** Counts for the phase in which it was sent; nothing is sent again. */
async function counted(work: () => Promise<unknown>, short: boolean, connects = 0): Promise<void> {
  const tally = tallyOf(phase);
  tally.sent += 1;
  tally.connects += connects;
  const started = performance.now();
  try {
    await work();
    if (short) tally.latencies.push(Math.round((performance.now() - started) * 100) / 100);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const why = code ?? message;
    tally.failed[why] = (tally.failed[why] ?? 0) + 1;
  }
}

const INSERT = 'insert into kept (what) values ($1) returning n';
const insert = async (to: pg.Pool | pg.Client): Promise<void> => {
  await to.query(INSERT, ['a row that nobody may lose']);
  confirmed += 1;
};

async function fresh(): Promise<void> {
  const client = new pg.Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    await insert(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const worker = (pause: number, one: () => Promise<void>) => async (): Promise<void> => {
  while (!over) {
    await one();
    await sleep(pause);
  }
};
const workers = [
  ...Array.from({ length: SHORT }, () => worker(pauseMs, () => counted(() => insert(pool!), true))),
  ...Array.from({ length: LONG }, () =>
    worker(pauseMs, () => counted(() => pool!.query('select pg_sleep(2)'), false)),
  ),
  ...Array.from({ length: FRESH }, () => worker(pauseMs * 5, () => counted(fresh, false, 1))),
];

/** What a release does: the new one is up and healthy, gets all that comes, and the old one ends what it has. */
async function use({ user, password, database }: Extract<Told, { say: 'use' }>): Promise<void> {
  const next = {
    ...{ host: '127.0.0.1', port, user, password, database },
    max: SHORT + LONG,
    ssl: { ca, servername: host },
  };
  const fresher = new pg.Pool(next);
  // An idle connection that breaks is replaced: what fails is a query.
  fresher.on('error', () => {});
  await fresher.query('create table if not exists kept (n bigserial primary key, what text not null)');
  const old = pool;
  pool = fresher;
  config = next;
  await old?.end();
  say({ say: 'using' });
}

let running: Promise<void>[] | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const told = Told.parse(JSON.parse(line));
  if (told.say === 'phase') phase = told.name;
  else await use(told);
  if (pool) running ??= workers.map((work) => work());
}
over = true;
await Promise.all(running ?? []);
await pool?.end();
const phases = Object.fromEntries([...tallies].map(([name, tally]) => [name, querySummary(tally)]));
say({ say: 'end', phases, confirmed });
