import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeMemoryEdge } from '../../adapters/haproxy/memory.ts';
import { makeMemoryPki } from '../../adapters/pki/memory.ts';
import { serviceName } from '../../capabilities/apps/model.ts';
import { type ObserveDeps, observeApp, observeApps } from '../../capabilities/apps/observe.ts';
import { healDrift } from '../../capabilities/apps/upkeep.ts';
import { type Bed, makeBed } from '../../capabilities/databases/testbed.ts';
import { makeEdgeWorker } from '../../capabilities/edge/perform.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { makeWatch } from '../../engine/watch.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { choresOf } from './upkeep.ts';

const MINUTE = 60_000;
/** Of the chores, those that ask the engine for what they see. */
const LOOKS = ['replicas', 'drift', 'databases'];

let t: TestDatabase;
let bed: Bed;
let apps = 0;
let queries = 0;
let directory = '';
const edge = makeMemoryEdge();

async function addApp(): Promise<string> {
  apps += 1;
  const [id, build] = [newId(), newId()];
  const digest = `sha256:${String(apps).padStart(64, '0')}`;
  const own = { organization_id: bed.organizationId };
  const of = { ...own, app_id: id };
  const project_id = bed.projectId;
  await t.db
    .insertInto('apps')
    .values({ id, ...own, project_id, name: `app-${apps}` })
    .execute();
  await t.db
    .insertInto('domains')
    .values({ id: newId(), ...of, host: `app-${apps}.bastide.localhost`, kind: 'platform' })
    .execute();
  await t.db
    .insertInto('builds')
    .values({ id: build, ...of, operation_id: newId(), source: '{}' })
    .execute();
  const ran = { build_id: build, repository: 'r', digest, operation_id: newId(), created_by: 'ada' };
  const what = { processes: JSON.stringify({ web: { command: null } }), config: '{}', health_path: '/up' };
  const serves = { traffic: 'live', status: 'live', live_at: new Date() } as const;
  await t.db
    .insertInto('releases')
    .values({ id: newId(), ...of, version: 1, description: '', ...ran, ...what, ...serves })
    .execute();
  bed.engine.addImage(`registry/r@${digest}`);
  must(
    await bed.engine.serviceCreate({
      name: serviceName(id, 'web', 1),
      labels: {
        'bastide.app': id,
        'bastide.project': project_id,
        'bastide.process': 'web',
        'bastide.version': '1',
      },
      image: `registry/r@${digest}`,
      env: {},
      user: '10001',
      replicas: 1,
      network: 'n',
      port: 8080,
      limits: { memoryBytes: 1, cpus: 1, pids: 1 },
      tmpfs: [],
      stopGraceSeconds: 1,
      restart: 'any',
    }),
  );
  return id;
}

beforeAll(async () => {
  t = await testDatabase(() => {
    queries += 1;
  });
  directory = await mkdtemp(join(tmpdir(), 'bastide-idle-'));
  bed = await makeBed(t);
  must(await bed.engine.networkEnsure({ name: 'n', labels: {}, driver: 'overlay', internal: false }));
}, 300_000);
afterAll(async () => {
  await t.close();
  await rm(directory, { recursive: true });
});

/** A minute in which nothing happens, long after the start: what is asked of the engine and of the database in it. */
async function idleMinute(): Promise<{ engine: number; database: number }> {
  const { engine } = bed;
  const stop = new AbortController();
  let [time, end] = [0, Number.POSITIVE_INFINITY];
  const watch = makeWatch({
    now: () => time,
    async sleep(ms) {
      time += ms;
      if (time >= end) stop.abort();
    },
  });
  const worker = makeEdgeWorker({
    ...{ db: t.db, engine, edge, pki: makeMemoryPki(), watch, certificates: directory },
    domain: 'bastide.localhost',
    txt: async () => [],
    addressOf: () => '10.200.0.1',
    log: () => {},
    // Each look would otherwise apply everything anew after half a minute, which asks nothing of these two.
    now: () => time,
  });
  must(await worker.renew());
  must(await worker.sync());
  const deps = { apps: seen(), databases: bed.deps } as Parameters<typeof choresOf>[0];
  const chores = choresOf(deps, () => {}).filter(({ name }) => LOOKS.includes(name));
  expect(chores.map(({ name }) => name)).toEqual(LOOKS);
  // What is written once, is.
  for (const { run } of chores) await run();
  time = MINUTE;
  end = 2 * MINUTE;
  const calls = engine.calls.length;
  queries = 0;
  await worker.follow(stop.signal);
  for (const { run, everyMs, idleMs } of chores)
    for (let at = 0; at < MINUTE; at += idleMs ?? everyMs) await run();
  return { engine: engine.calls.length - calls, database: queries };
}

const seen = (): ObserveDeps => ({
  ...bed.deps,
  edge,
  registryHost: 'registry',
  stack: async () => undefined,
});
const drifts = () =>
  t.db.selectFrom('operations').select('app_id').where('requested_by', '=', 'system:drift').execute();

it('an idle agent asks little, and no more for thirty apps than for three', async () => {
  for (let i = 0; i < 3; i += 1) await addApp();
  await bed.create();
  const few = await idleMinute();
  for (let i = 0; i < 27; i += 1) await addApp();
  const many = await idleMinute();
  expect(many).toEqual(few);
  // It was 558 and 1180 for thirty apps when each was asked about by itself and the edge looked all the time; now 50 and 76.
  expect(few.engine).toBeLessThanOrEqual(60);
  expect(few.database).toBeLessThanOrEqual(100);
  expect(await drifts()).toEqual([]);
}, 300_000);

it('one look at all apps sees of each what a look at it alone sees, and heals those that are not as wanted', async () => {
  const [well, stopped, forgotten] = [await addApp(), await addApp(), await addApp()];
  must(await bed.engine.serviceScale(serviceName(stopped, 'web', 1), 0));
  must(await bed.engine.imageRemove(`registry/r@sha256:${String(apps).padStart(64, '0')}`));
  const all = new Map(must(await observeApps(seen())).map(({ facts }) => [facts.app.id, facts]));
  expect(all.size).toBe(apps);
  for (const id of [well, stopped, forgotten])
    expect(all.get(id)).toEqual(must(await observeApp(seen(), id)));
  expect([well, stopped, forgotten].map((id) => all.get(id)?.live?.pulled)).toEqual([true, true, false]);

  const asked = async () => (await drifts()).map(({ app_id }) => app_id).toSorted();
  await healDrift(seen());
  expect(await asked()).toEqual([stopped, forgotten].toSorted());
  await healDrift(seen());
  expect(await asked()).toHaveLength(2);
}, 300_000);
