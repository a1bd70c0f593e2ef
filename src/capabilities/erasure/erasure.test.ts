import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { recordSigner } from '../../adapters/signer/records.ts';
import type { OperationKind, Perform, Table } from '../../engine/capability.ts';
import { claim } from '../../engine/journal.ts';
import { runOperation } from '../../engine/run.ts';
import { submit } from '../../engine/submit.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { performKeys } from '../keys/perform.ts';
import { type KeysWorld, keysWorld } from '../keys/testing.ts';
import { projectNetwork } from '../network/model.ts';
import { makeNetworkPerform } from '../network/perform.ts';
import type { ErasureDeps } from './deps.ts';
import { erasureKinds } from './kinds.ts';
import { performErasure } from './perform.ts';
import { asked, blob, planNetwork, rowsThatSay } from './testing.ts';
import { runDueErasures } from './upkeep.ts';

const DAY = 86_400_000;
let world: KeysWorld;
let dir: string;
let deps: ErasureDeps;
let table: Table;
const engine = makeMemoryEngine();
const images = new Set<string>();
const told: string[] = [];

beforeAll(async () => {
  world = await keysWorld();
  must(
    await engine.swarmInit({
      advertise: '10.200.0.1',
      listen: '10.200.0.1',
      pool: '10.201.0.0/16',
      poolMask: 24,
    }),
  );
  dir = await mkdtemp(join(tmpdir(), 'bastide-erasure-'));
  const places = {
    uploads: join(dir, 'uploads'),
    builds: join(dir, 'builds'),
    caches: join(dir, 'caches'),
    exports: join(dir, 'exports'),
  };
  for (const place of Object.values(places)) await mkdir(place);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  deps = {
    db: world.deps.db,
    engine,
    registryData: join(dir, 'registry'),
    places,
    storageExists: async (id) => images.has(id),
    signer: recordSigner(privateKey),
    roots: world.deps.roots,
    domain: 'example.org',
  };
  const network = makeNetworkPerform({ engine });
  // What the other capabilities do, as far as rows and files tell.
  const apps: Perform = async (step) => {
    const { appId } = step.input as { appId: string };
    const change = step.kind === 'forget' ? { deleted_at: new Date() } : { slot: null };
    await deps.db.updateTable('apps').set(change).where('id', '=', appId).execute();
    return undefined;
  };
  const volumes: Perform = async (step) =>
    void images.delete((step.input as { projectId: string }).projectId);
  const edge: Perform = async (step) => void told.push(step.kind);
  table = {
    kinds: new Map(erasureKinds(deps).map((kind: OperationKind) => [kind.kind, kind])),
    performers: new Map<string, Perform>([
      ['erasure', performErasure(deps)],
      ['keys', performKeys(world.deps)],
      ['network', (step) => network.perform(step)],
      ['apps', apps],
      ['volumes', volumes],
      ['edge', edge],
    ]),
  };
});
afterAll(async () => {
  await world.close();
  await rm(dir, { recursive: true });
});

/** A project with something of everything. */
async function full() {
  const { db } = deps;
  const place = await world.project();
  const owner = { organization_id: place.organizationId };
  await world.setConfig(place, 'A', 'a');
  await world.release(place, 1);
  const [upload, build, database, volume] = [newId(), newId(), newId(), newId()];
  await db
    .insertInto('uploads')
    .values({ id: upload, ...owner, app_id: place.appId, bytes: 1, sha256: 'x', created_by: 'ada' })
    .execute();
  await db
    .insertInto('builds')
    .values({
      id: build,
      ...owner,
      app_id: place.appId,
      operation_id: newId(),
      source: '{}',
      repository: `apps/${place.appId}`,
    })
    .execute();
  await sql`insert into databases (id, organization_id, project_id, name, engine, version, plan)
    values (${database}, ${place.organizationId}, ${place.projectId}, ${`db-${place.appId.slice(-8)}`}, 'postgres', '15', 'small')`.execute(
    db,
  );
  await db
    .insertInto('volumes')
    .values({ id: volume, ...owner, project_id: place.projectId, name: 'uploads' })
    .execute();
  await db.transaction().execute((tx) =>
    submit(tx, {
      kind: 'apps.deploy',
      target: `app:${place.appId}`,
      organizationId: place.organizationId,
      projectId: place.projectId,
      appId: place.appId,
      input: {},
      actor: 'ada',
    }),
  );
  await writeFile(join(deps.places.uploads, upload), 'tar');
  await mkdir(join(deps.places.builds, build));
  await writeFile(join(deps.places.caches, `${place.projectId}.0.abc.img`), 'layers');
  const repository = join(deps.registryData, 'docker/registry/v2/repositories/apps', place.appId);
  await mkdir(join(repository, '_layers/sha256', blob(place.appId)), { recursive: true });
  const layer = join(
    deps.registryData,
    'docker/registry/v2/blobs/sha256',
    blob(place.appId).slice(0, 2),
    blob(place.appId),
  );
  await mkdir(layer, { recursive: true });
  await writeFile(join(layer, 'data'), place.appId);
  images.add(place.projectId);
  must(await engine.networkEnsure(planNetwork(place.projectId)));
  return { ...place, erasureId: await asked(deps.db, place) };
}

async function run(signal = new AbortController().signal) {
  const operation = await claim(deps.db, 'node', ['erasure.erase']);
  if (!operation) throw new Error('nothing was asked for');
  await runOperation(deps.db, table, operation, signal);
  return deps.db
    .selectFrom('operations')
    .select(['status', 'failure'])
    .where('id', '=', operation.id)
    .executeTakeFirstOrThrow();
}

describe('an erasure', () => {
  test('begins after its grace period and not before', async () => {
    const place = await world.project();
    await asked(deps.db, place, 7 * DAY);
    expect(await runDueErasures(deps.db, new Date(Date.now() + 6 * DAY))).toBe(0);
    expect(await runDueErasures(deps.db, new Date(Date.now() + 8 * DAY))).toBe(1);
    expect(await runDueErasures(deps.db, new Date(Date.now() + 8 * DAY))).toBe(0);
    expect(await run()).toMatchObject({ status: 'failed', failure: { code: 'erasure_early' } });
    await deps.db
      .updateTable('erasures')
      .set({ status: 'cancelled' })
      .where('project_id', '=', place.projectId)
      .execute();
  });

  test('leaves nothing findable of the project, and all of its neighbour', async () => {
    const neighbour = await full();
    const place = await full();
    await deps.db
      .updateTable('erasures')
      .set({ status: 'cancelled' })
      .where('id', '=', neighbour.erasureId)
      .execute();
    expect((await rowsThatSay(deps.db, place.projectId)).length).toBeGreaterThan(4);
    await runDueErasures(deps.db, new Date());
    expect(await run()).toMatchObject({ status: 'succeeded' });

    expect(await rowsThatSay(deps.db, place.projectId)).toEqual([]);
    expect(await rowsThatSay(deps.db, place.appId)).toEqual([]);
    const left = (await readdir(dir, { recursive: true })).filter(
      (name) =>
        name.includes(place.appId) || name.includes(place.projectId) || name.includes(blob(place.appId)),
    );
    expect(left).toEqual([]);
    expect(images.has(place.projectId)).toBe(false);
    expect(must(await engine.networks()).map(({ name }) => name)).toEqual([
      projectNetwork(neighbour.projectId),
    ]);
    expect(told).toContain('sync');

    expect(await world.read(neighbour, 'A')).toMatchObject({});
    expect(must(await world.read(neighbour, 'A')).reveal()).toBe('a');
    expect(images.has(neighbour.projectId)).toBe(true);
    expect(
      (await readdir(dir, { recursive: true })).filter((name) => name.includes(blob(neighbour.appId))),
    ).not.toEqual([]);
    const waiting = await deps.db
      .selectFrom('operations')
      .select('kind')
      .where('project_id', '=', neighbour.projectId)
      .where('status', '=', 'queued')
      .execute();
    expect(waiting).toEqual([{ kind: 'apps.deploy' }]);
  });

  test('ends with a certificate that anybody can verify, and with a new root key asked for', async () => {
    const row = await deps.db
      .selectFrom('erasures')
      .selectAll()
      .where('status', '=', 'done')
      .executeTakeFirstOrThrow();
    const signature = Buffer.from(row.signature!, 'base64');
    expect(verify('sha256', Buffer.from(row.certificate!), row.public_key!, signature)).toBe(true);
    expect(verify('sha256', Buffer.from(`${row.certificate!} `), row.public_key!, signature)).toBe(false);
    const said = JSON.parse(row.certificate!);
    expect(said.removed).toMatchObject({ releases: 1, configVars: 1 });
    for (const part of ['apps', 'databases', 'volumes', 'uploads', 'imageRepositories'])
      expect(said.removed[part]).toHaveLength(1);
    expect(said.keysDestroyed).toHaveLength(1);
    expect(said.backups.wrappedCopies.rootKeys).toEqual(must(await world.deps.roots.ids()));
    const rotation = await deps.db
      .selectFrom('operations')
      .select('status')
      .where('kind', '=', 'keys.rotate-root')
      .execute();
    expect(rotation).toEqual([{ status: 'queued' }]);
  });

  test('that began cannot be taken back, nor can its end', async () => {
    const place = await world.project();
    const id = await asked(deps.db, place);
    const set = (status: 'waiting' | 'cancelled') =>
      deps.db.updateTable('erasures').set({ status }).where('id', '=', id).execute();
    await sql`select bastide_erasure_begins(${id})`.execute(deps.db);
    await expect(set('cancelled')).rejects.toThrow(/begun/);
    await expect(set('waiting')).rejects.toThrow(/begun/);
    await runDueErasures(deps.db, new Date());
    expect(await run()).toMatchObject({ status: 'succeeded' });
    await expect(set('cancelled')).rejects.toThrow(/closed/);
  });

  test('goes on where a killed one stopped, and issues one certificate', async () => {
    for (const steps of [1, 3, 6, 9]) {
      const place = await full();
      await runDueErasures(deps.db, new Date());
      const kill = new AbortController();
      let left = steps;
      const mortal = new Map(
        [...table.performers].map(([name, perform]): [string, Perform] => [
          name,
          async (step, context) => {
            const outcome = await perform(step, context);
            if (--left === 0) kill.abort();
            return outcome;
          },
        ]),
      );
      const whole = table;
      table = { ...whole, performers: mortal };
      expect(await run(kill.signal)).toMatchObject({ status: 'running' });
      table = whole;
      await deps.db
        .updateTable('operations')
        .set({ status: 'queued' })
        .where('status', '=', 'running')
        .execute();
      expect(await run()).toMatchObject({ status: 'succeeded' });
      expect(await rowsThatSay(deps.db, place.projectId)).toEqual([]);
      expect(images.has(place.projectId)).toBe(false);
    }
  });
});
