import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServiceFacts, TaskFacts } from '../../adapters/docker/port.ts';
import { keychain } from '../../adapters/envelope/keychain.ts';
import { memoryRootKeys } from '../../adapters/envelope/memory.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { makeMemoryImages } from '../../adapters/fscrypt/memory.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import type { StepContext } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must, type Outcome } from '../../kernel/refusal.ts';
import type { VolumesDeps } from './deps.ts';
import { volumesKinds } from './kinds.ts';
import { storagePlace } from './model.ts';
import { storageReady } from './observe.ts';
import { makeVolumesPerform } from './perform.ts';
import { openStorage, resizeStorage } from './storage.ts';
import { findStorage } from './store.ts';
import { keepStorage } from './upkeep.ts';

let t: TestDatabase;
const organizationId = newId();
const roots = memoryRootKeys();
const chain = keychain(roots);
beforeAll(async () => {
  t = await testDatabase();
  await t.db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
});
afterAll(() => t.close());

const code = (outcome: unknown) => (isRefusal(outcome) ? outcome.code : outcome);

/** A project with its key, in a world of memory. */
async function world(name: string) {
  const projectId = newId();
  const key = must(await chain.createProjectKey(projectId));
  await t.db
    .insertInto('projects')
    .values({ id: projectId, organization_id: organizationId, name, key_recipient: key.recipient })
    .execute();
  const images = makeMemoryImages();
  const services: ServiceFacts[] = [];
  const tasks: TaskFacts[] = [];
  const deps: VolumesDeps = {
    db: t.db,
    images,
    seal,
    open: (id, binding, sealed) => chain.open({ id, keys: [key] }, binding, sealed),
    engine: {
      services: async () => services,
      tasks: async () => tasks,
      async serviceScale(service, replicas) {
        services.push(
          ...services.splice(0).map((one) => (one.name === service ? { ...one, replicas } : one)),
        );
        if (replicas === 0) tasks.length = 0;
        return undefined;
      },
    },
  };
  const runs = async (kind: string): Promise<Outcome<string[]>> => {
    const found = volumesKinds(deps).find((one) => one.kind === kind)!;
    const perform = makeVolumesPerform(deps);
    const operation = { id: newId(), kind, input: { projectId }, failure: null } as unknown as Operation;
    const done: string[] = [];
    for (let steps = 0; steps < 20; steps += 1) {
      const facts = await found.observe(operation);
      if (isRefusal(facts)) return facts;
      const plan = found.plan(operation, facts, 0);
      if (isRefusal(plan)) return plan;
      const step = plan[0];
      if (!step) return done;
      const performed = await perform(step, { signal: new AbortController().signal } as StepContext);
      if (isRefusal(performed)) return performed;
      done.push(step.kind);
      if (step.kind === 'resizeStorage')
        await t.db
          .insertInto('operations')
          .values({ id: operation.id, kind, target: projectId, requested_by: 'test' })
          .execute()
          .then(() =>
            t.db
              .insertInto('operation_steps')
              .values({
                operation_id: operation.id,
                seq: 1,
                capability: 'volumes',
                kind: step.kind,
                key: step.key,
                summary: '',
                status: 'done',
              })
              .execute(),
          );
    }
    throw new Error(`no end: ${done.join(' ')}`);
  };
  const suspend = (on: boolean) =>
    t.db
      .updateTable('projects')
      .set({ suspended_at: on ? new Date() : null })
      .where('id', '=', projectId)
      .execute();
  return { projectId, images, deps, services, tasks, runs, suspend };
}

const service = (name: string, labels: Record<string, string>, replicas = 1): ServiceFacts => ({
  id: name,
  name,
  labels,
  image: 'i',
  replicas,
});
const task = (name: string): TaskFacts =>
  ({ id: name, service: name, labels: {}, state: 'running', wantedState: 'running' }) as TaskFacts;

describe("a project's storage", () => {
  test('gets a key once, sealed to the project; opened again it is the same', async () => {
    const { deps, projectId } = await world('once');
    expect(await storageReady(deps, projectId)).toBe(false);
    must(await openStorage(deps, projectId));
    const first = await findStorage(t.db, projectId);
    expect(first?.sealedKey).toMatch(/./);
    must(await openStorage(deps, projectId));
    expect(await findStorage(t.db, projectId)).toEqual(first);
    expect(await storageReady(deps, projectId)).toBe(true);
  });

  test('is made once where many ask at the same time', async () => {
    const { deps, projectId } = await world('many');
    const all = await Promise.all(Array.from({ length: 8 }, () => openStorage(deps, projectId)));
    expect(all.filter(isRefusal)).toEqual([]);
  });

  test('does not open with the key of another project', async () => {
    const [one, other] = [await world('one'), await world('other')];
    must(await openStorage(one.deps, one.projectId));
    must(await openStorage(other.deps, other.projectId));
    const { sealedKey } = (await findStorage(t.db, other.projectId))!;
    await t.db
      .updateTable('project_storage')
      .set({ sealed_key: sealedKey })
      .where('project_id', '=', one.projectId)
      .execute();
    expect(code(await openStorage(one.deps, one.projectId))).toBe('seal_broken');
  });

  test('is refused to a project that is gone, has no key, or is suspended', async () => {
    const { deps, projectId, suspend } = await world('refused');
    expect(code(await openStorage(deps, newId()))).toBe('storage_project_gone');
    await suspend(true);
    expect(code(await openStorage(deps, projectId))).toBe('storage_locked');
    await suspend(false);
    await t.db.updateTable('projects').set({ key_recipient: null }).where('id', '=', projectId).execute();
    expect(code(await openStorage(deps, projectId))).toBe('storage_project_not_ready');
  });
});

test('an organization that is over its quota gets no storage made and none grown, whatever the row says', async () => {
  const { deps, projectId, runs } = await world('greedy');
  const quota = { organization_id: organizationId, name: 'storage', most: 1024 ** 3, set_by: 'op' } as const;
  await t.db.insertInto('quotas').values(quota).execute();
  try {
    expect(code(await openStorage(deps, projectId))).toBe('storage_over_quota');
    await t.db.deleteFrom('quotas').execute();
    must(await openStorage(deps, projectId));
    await t.db.insertInto('quotas').values(quota).execute();
    must(await openStorage(deps, projectId));
    expect(code(await resizeStorage(deps, projectId))).toBe('storage_over_quota');
    expect(code(await runs('volumes.resize'))).toBe('storage_over_quota');
  } finally {
    await t.db.deleteFrom('quotas').execute();
  }
});

describe('suspending', () => {
  test('stops what runs, then locks; resuming unlocks, then starts', async () => {
    const { deps, projectId, services, tasks, runs, suspend, images } = await world('suspended');
    must(await openStorage(deps, projectId));
    services.push(service('b-db-1', { 'bastide.database': '1' }));
    services.push(service('b-web-v1', { 'bastide.app': newId(), 'bastide.process': 'web' }));
    services.push(service('b-run-1', { 'bastide.app': newId(), 'bastide.one-off': 'true' }));
    tasks.push(task('b-db-1'));
    await suspend(true);
    expect(await runs('projects.suspend')).toEqual(['scaleService', 'scaleService', 'lockStorage']);
    expect(images.images.get(storagePlace(projectId).image)).toMatchObject({ mounted: false, key: 'absent' });
    expect((await findStorage(t.db, projectId))?.state).toBe('locked');
    expect(await runs('projects.suspend')).toEqual([]);

    await suspend(false);
    expect(await runs('projects.resume')).toEqual(['ensureStorage', 'scaleService', 'scaleService']);
    expect(await storageReady(deps, projectId)).toBe(true);
    expect(services.find(({ name }) => name === 'b-db-1')?.replicas).toBe(1);
  });

  test('that is taken back meanwhile does nothing', async () => {
    const { deps, projectId, runs } = await world('changed-mind');
    must(await openStorage(deps, projectId));
    expect(await runs('projects.suspend')).toEqual([]);
    expect(await storageReady(deps, projectId)).toBe(true);
  });

  test('a project in which a file stays open is not called locked', async () => {
    const { deps, projectId, images, runs, suspend } = await world('held');
    must(await openStorage(deps, projectId));
    images.hold(storagePlace(projectId), true);
    await suspend(true);
    expect(code(await runs('projects.suspend'))).toBe('storage_busy');
    expect((await findStorage(t.db, projectId))?.state).toBe('ready');
  });
});

describe('more room', () => {
  test('needs that nothing uses the storage, and then it is open as before', async () => {
    const { deps, projectId, tasks, runs, images } = await world('larger');
    must(await openStorage(deps, projectId));
    await t.db
      .updateTable('project_storage')
      .set({ size_bytes: 20 * 1024 ** 3 })
      .where('project_id', '=', projectId)
      .execute();
    tasks.push(task('b-db-1'));
    expect(code(await resizeStorage(deps, projectId))).toBe('storage_in_use');
    expect(await storageReady(deps, projectId)).toBe(true);
    tasks.length = 0;
    expect(await runs('volumes.resize')).toEqual(['resizeStorage']);
    expect(images.images.get(storagePlace(projectId).image)?.size).toBe(20 * 1024 ** 3);
    expect(await storageReady(deps, projectId)).toBe(true);
  });
});

test('at boot what is not suspended is opened, what is is locked, and one that refuses keeps no other from it', async () => {
  await t.db.deleteFrom('project_storage').execute();
  const [open, locked, broken] = [
    await world('boot-open'),
    await world('boot-locked'),
    await world('boot-broken'),
  ];
  const { images } = open;
  const deps = { ...open.deps, images, open: open.deps.open };
  const keyed = (id: string) => [open, locked, broken].find(({ projectId }) => projectId === id)!;
  const all: VolumesDeps = {
    ...deps,
    open: (id, binding, sealed) => keyed(id).deps.open(id, binding, sealed),
  };
  for (const { projectId } of [open, locked, broken]) must(await openStorage(all, projectId));
  for (const { projectId } of [open, broken]) must(await images.close(storagePlace(projectId)));
  await locked.suspend(true);
  await t.db
    .updateTable('project_storage')
    .set({ sealed_key: 'nonsense' })
    .where('project_id', '=', broken.projectId)
    .execute();
  const problems = must(await keepStorage(all));
  expect([...problems.keys()]).toEqual([broken.projectId]);
  expect(await storageReady(all, open.projectId)).toBe(true);
  expect(await storageReady(all, locked.projectId)).toBe(false);
});
