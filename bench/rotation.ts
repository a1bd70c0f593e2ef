// Queries that fail while credentials and keys change: our PostgreSQL on encrypted storage under load, the agent's own
// plans and steps, no copy of them. Real programs in a temporary directory; no platform is brought up.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgres } from '../src/adapters/postgres/postgres.ts';
import { databaseTarget } from '../src/capabilities/databases/model.ts';
import { projectKeyTarget, ROOT_KEY_TARGET } from '../src/capabilities/keys/model.ts';
import { must } from '../src/kernel/refusal.ts';
import { Secret } from '../src/kernel/secret.ts';
import { startControlPlane } from './lib/control-plane.ts';
import { makeEnding } from './lib/ending.ts';
import { encryptedStorage } from './lib/image.ts';
import { type QueryLoad, startQueries } from './lib/load-queries.ts';
import { numbers } from './lib/options.ts';
import { emptyQueryTally, querySummary } from './lib/queries-model.ts';
import { begin } from './lib/result.ts';

const GIB = 1024 ** 3;
/** What an event did to queries that were under way shows a little later; the long ones take two seconds. */
const AFTER_MS = 3000;
const { times, quiet, vars, pause } = numbers({ times: 5, quiet: 10, vars: 500, pause: 10 });
const bench = await begin('rotation', 'Failed queries while credentials and keys change', {
  PostgreSQL: ['/usr/lib/postgresql/15/bin/postgres', '--version'],
});

await using ending = makeEnding();
const storage = await encryptedStorage(ending, 8 * GIB);
let load: QueryLoad | undefined;
const plane = await startControlPlane(ending, storage, vars, async (url) => {
  const [user, password] = [url.username, decodeURIComponent(url.password)];
  await load!.use({ user, password, database: url.pathname.slice(1) });
});
const { server, projectId, databaseId } = plane;
const { instance } = server.session;
load = startQueries(
  {
    port: postgres.shape(instance).port,
    host: instance.host,
    ca: await readFile(join(server.directory, 'etc/bastide/ca.pem'), 'utf8'),
    pauseMs: pause,
  },
  server.nextTo,
  ending.signal,
);
await plane.attach();

const onProject = { target: projectKeyTarget(projectId), projectId };
const rotateCredentials = async () =>
  plane.run({
    kind: 'databases.rotate',
    target: databaseTarget(databaseId),
    projectId,
    input: { databaseId, generation: (await plane.generation()) + 1 },
  });
const rotateKey = () => plane.run({ kind: 'keys.rotate', ...onProject, input: { projectId } });
const rotateRoot = () =>
  plane.run({ kind: 'keys.rotate-root', target: ROOT_KEY_TARGET, projectId: null, input: {} });

async function credentialInUse() {
  const url = await plane.url();
  return { user: url.username, password: new Secret(decodeURIComponent(url.password)) };
}

const events: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['nothing happens', () => sleep(quiet * 1000)],
  ['credentials rotated', rotateCredentials],
  [`project's key rotated, ${vars} config vars sealed anew`, rotateKey],
  [
    "project's key retired as compromised, credentials after it",
    () =>
      plane.run({
        kind: 'keys.retire',
        ...onProject,
        input: { projectId, generation: null, reason: 'a bench' },
      }),
  ],
  ['root key rotated', rotateRoot],
];
/** What the bench has to see, or it sees nothing. */
const planted = 'planted: the user in use is dropped and made anew, no overlap';

const took = new Map<string, number[]>();
async function go(name: string, happen: () => Promise<unknown>): Promise<void> {
  load!.phase(name);
  const started = performance.now();
  await happen();
  took.set(name, [...(took.get(name) ?? []), (performance.now() - started) / 1000]);
  await sleep(AFTER_MS);
  load!.phase('between');
  // Everything that is sealed opens with the keys of now, and storage is still locked by the key that it was.
  await plane.url();
  if ((await plane.storageKey()).reveal() !== storage.key.reveal()) throw new Error('another storage key');
  console.log(`${name}: done`);
}

await sleep(2000);
for (let n = 0; n < times; n += 1) for (const [name, happen] of events) await go(name, happen);
await go(planted, async () => {
  const credential = await credentialInUse();
  must(await postgres.dropUser(server.session, credential.user));
  await sleep(500);
  must(await postgres.setUser(server.session, credential));
});
const { phases, confirmed } = await load.end();
const counted = await server.as(
  postgres.client(instance, await credentialInUse()),
  'select count(*) from kept;',
  ['-At'],
);
const lost = Math.max(0, confirmed - Number(counted.stdout));
if (!phases[planted]?.failed)
  throw new Error('the planted fault was not seen: this bench would see no other either');

const failedIn = (name: string): number => phases[name]?.failed ?? 0;
bench.save({
  headlines: events.slice(1).map(([name]) => ({
    what: `failed queries: ${name}, ${times} times, of ${phases[name]?.sent ?? 0}`,
    bastide: failedIn(name),
    reference: failedIn(events[0]![0]),
    against: 'the same load while nothing happens',
  })),
  notes: [
    `Each event ${times} times under load: 4 workers insert a row, wait ${pause} ms and do it again; 2 ask for something that takes 2 s; 2 insert over a new connection each time. All over verified TLS; a query counts for the event in which, or within ${AFTER_MS / 1000} s after which, it was sent, and none is repeated.`,
    "Real: PostgreSQL from our stack on encrypted storage, the platform's own database, the agent's plans, steps and stores for `databases.rotate`, `keys.rotate`, `keys.retire` and `keys.rotate-root`, the seals. Stand-ins: the engine's list of tasks, and the app: a release opens new connections with what the config vars say then and lets the old ones end what they have, as the platform's own releases do.",
    'The reference is the line in which nothing happens. The last line is a planted fault: a rotation as it would be without two overlapping users.',
    `Rows whose insert was confirmed: ${confirmed}; of those missing at the end: ${lost}.`,
    'After every event all config vars and the storage key were opened with the keys of then.',
  ],
  tables: [
    {
      title: 'Failed of sent queries',
      columns: [
        'event',
        'times',
        'took, s',
        'sent',
        'new connections',
        'failed',
        'which',
        'insert p50 ms',
        'p99 ms',
        'max ms',
      ],
      rows: [...events.map(([name]) => name), planted].map((name) => {
        const of = phases[name] ?? querySummary(emptyQueryTally());
        const seconds = took.get(name) ?? [];
        const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
        const ms = [of.p50, of.p99, of.max].map((value) => value ?? '–');
        return [name, seconds.length, mean, of.sent, of.connects, of.failed, of.why, ...ms];
      }),
    },
  ],
  raw: {
    phases,
    took: Object.fromEntries(took),
    confirmed,
    lost,
  },
});
