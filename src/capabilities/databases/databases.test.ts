import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MemoryDatabases, makeMemoryDatabases } from '../../adapters/databases/memory.ts';
import { type MemoryEngine, makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { makeMemoryPki } from '../../adapters/pki/memory.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import type { OperationKind, Perform, Table } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import { runOperation } from '../../engine/run.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { projectNetwork } from '../network/model.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseNotRunning } from './errors.ts';
import { databasesKinds } from './kinds.ts';
import { databaseService } from './model.ts';
import { makeDatabasesPerform } from './perform.ts';
import { makeDatabaseUpkeep } from './upkeep.ts';

let t: TestDatabase;
let engine: MemoryEngine;
let memory: MemoryDatabases;
let table: Table;
let deps: DatabasesDeps;
let files: Set<string>;
let organizationId: string;
let projectId: string;
let released: 'succeeded' | 'failed';
let broken: boolean;

beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());

beforeEach(async () => {
  engine = makeMemoryEngine();
  must(await engine.swarmInit({ advertise: '', listen: '', pool: '', poolMask: 24 }));
  memory = makeMemoryDatabases();
  files = new Set();
  released = 'succeeded';
  broken = false;
  [organizationId, projectId] = [newId(), newId()];
  const name = `p${projectId.slice(-12)}`;
  await t.db
    .insertInto('organizations')
    .values({ id: organizationId, name: `o${name}` })
    .execute();
  await t.db
    .insertInto('projects')
    .values({ id: projectId, organization_id: organizationId, name, key_recipient: 'r' })
    .execute();
  deps = {
    db: t.db,
    engine,
    engines: new Map([['postgres', memory.engine]]),
    pki: makeMemoryPki(),
    seal: async (_recipient, { owner, name: what }, value) => `${owner}/${what}=${value.reveal()}`,
    open: async (_project, { owner, name: what }, sealed) => {
      if (!sealed.startsWith(`${owner}/${what}=`)) throw new Error('opened with another binding');
      return new Secret(sealed.slice(sealed.indexOf('=') + 1));
    },
    image: async (stack) => (broken ? databaseNotRunning(stack) : `registry/${stack}@sha256:0`),
    registryAuth: new Secret('{}'),
    storageReady: async () => files.has('storage'),
    files: {
      write: async (directory) => void files.add(`${directory}/written`),
      configured: async (directory) => files.has(`${directory}/written`),
      given: async (path) => files.has(path),
      exists: async (path) => [...files].some((file) => file.startsWith(`${path}/`)),
    },
    addresses: ['10.200.0.1'],
  };
  const others: Record<string, Perform> = {
    network: async () => {
      must(
        await engine.networkEnsure({
          name: projectNetwork(projectId),
          labels: {},
          driver: 'overlay',
          internal: false,
        }),
      );
    },
    volumes: async ({ kind, input }) => {
      const { path } = input as { path: string };
      const at = `/var/lib/bastide/projects/${projectId}/data/${path}`;
      if (kind === 'ensureStorage') files.add('storage');
      if (kind === 'ensureDirectory') files.add(at);
      if (kind === 'removeDirectory') for (const file of files) if (file.startsWith(at)) files.delete(file);
    },
  };
  const own = makeDatabasesPerform(deps);
  table = {
    kinds: new Map(databasesKinds(deps).map((kind) => [kind.kind, kind as OperationKind])),
    performers: new Map<string, Perform>([
      ...Object.entries(others),
      [
        'databases',
        async (step, context) => {
          const done = await own(step, context);
          // Somebody else carries the releases out.
          await t.db
            .updateTable('operations')
            .set({ status: released })
            .where('kind', '=', 'apps.release')
            .where('status', '=', 'queued')
            .execute();
          return done;
        },
      ],
    ]),
  };
});

async function run(kind: string, input: object): Promise<{ status: string; code: string | undefined }> {
  const id = newId();
  const row = {
    id,
    kind,
    target: `t:${id}`,
    organization_id: organizationId,
    project_id: projectId,
    requested_by: 'ada',
    status: 'running' as const,
  };
  await t.db
    .insertInto('operations')
    .values({ ...row, input: JSON.stringify(input) })
    .execute();
  const operation: Operation = {
    id,
    kind,
    target: row.target,
    organizationId,
    projectId,
    appId: null,
    input,
    requestedBy: 'ada',
    attempts: 1,
    failure: null,
    cancelRequested: false,
  };
  await runOperation(t.db, table, operation, new AbortController().signal);
  const ended = await t.db
    .selectFrom('operations')
    .select(['status', 'failure'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { status: ended.status, code: ended.failure?.code };
}

async function create(name = 'shop-db'): Promise<string> {
  const id = newId();
  await t.db
    .insertInto('databases')
    .values({
      id,
      organization_id: organizationId,
      project_id: projectId,
      name: `${name}-${id.slice(-6)}`,
      engine: 'postgres',
      version: '15',
      plan: 'small',
    })
    .execute();
  expect(await run('databases.create', { databaseId: id })).toEqual({ status: 'succeeded', code: undefined });
  return id;
}

async function attach(databaseId: string, live: boolean): Promise<{ appId: string; attachmentId: string }> {
  const [appId, attachmentId, buildId] = [newId(), newId(), newId()];
  const owner = { organization_id: organizationId };
  await t.db
    .insertInto('apps')
    .values({ id: appId, ...owner, project_id: projectId, name: `a${appId.slice(-12)}` })
    .execute();
  if (live) {
    await t.db
      .insertInto('builds')
      .values({ id: buildId, ...owner, app_id: appId, operation_id: newId(), source: '{}' })
      .execute();
    await t.db
      .insertInto('releases')
      .values({
        id: newId(),
        ...owner,
        app_id: appId,
        version: 1,
        build_id: buildId,
        repository: 'r',
        digest: 'd',
        processes: '{}',
        config: '{}',
        health_path: '/',
        description: '',
        created_by: 'x',
        operation_id: newId(),
        traffic: 'live',
        status: 'live',
      })
      .execute();
  }
  await t.db
    .insertInto('database_attachments')
    .values({ id: attachmentId, ...owner, database_id: databaseId, app_id: appId, main: true })
    .execute();
  expect((await run('databases.attach', { databaseId, attachmentId })).status).toBe('succeeded');
  return { appId, attachmentId };
}

const config = async (appId: string) =>
  Object.fromEntries(
    (await t.db.selectFrom('config_vars').selectAll().where('app_id', '=', appId).execute()).map((row) => [
      row.name,
      row.sealed,
    ]),
  );
const rowOf = (id: string) =>
  t.db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const asked = async (appId: string) =>
  (
    await t.db
      .selectFrom('operations')
      .select('id')
      .where('app_id', '=', appId)
      .where('kind', '=', 'apps.release')
      .execute()
  ).length;

describe('a database', () => {
  test('runs hardened on its own directories, with one user whose password only the key opens', async () => {
    const id = await create();
    const spec = engine.state.services.get(databaseService(id));
    expect(spec).toMatchObject({
      user: '70:70',
      replicas: 1,
      network: projectNetwork(projectId),
      labels: { 'bastide.project': projectId, 'bastide.database': id },
      port: 5432,
      node: 'node1',
      mounts: [
        { source: `/var/lib/bastide/projects/${projectId}/data/databases/${id}/data`, target: '/data' },
        { target: '/config', readOnly: true },
      ],
    });
    expect(await rowOf(id)).toMatchObject({ status: 'ready', credential: 1 });
    const [user, password] = [...memory.server(id).users][0]!;
    expect(user).toMatch(/^u_[0-9a-f]{12}_1$/);
    expect(Buffer.from(password, 'base64url')).toHaveLength(32);
  });

  test('that does not start is given up and leaves its name free', async () => {
    broken = true;
    const id = newId();
    await t.db
      .insertInto('databases')
      .values({
        id,
        organization_id: organizationId,
        project_id: projectId,
        name: 'never',
        engine: 'postgres',
        version: '15',
        plan: 'small',
      })
      .execute();
    const ended = await run('databases.create', { databaseId: id });
    expect(ended).toEqual({ status: 'failed', code: 'database_not_running' });
    expect(engine.state.services.has(databaseService(id))).toBe(false);
    expect((await rowOf(id)).status).toBe('destroyed');
  });

  test('gives an app its address, and a release where it runs', async () => {
    const id = await create();
    const [quiet, live] = [await attach(id, false), await attach(id, true)];
    expect([await asked(quiet.appId), await asked(live.appId)]).toEqual([0, 1]);
    const vars = await config(live.appId);
    expect(Object.keys(vars).sort()).toEqual(['DATABASE_URL', expect.stringMatching(/^SHOP_DB_.*_URL$/)]);
    expect(vars.DATABASE_URL).toContain(`${live.appId}/DATABASE_URL=postgres://u_`);
    const { attachmentId } = live;
    await t.db
      .updateTable('database_attachments')
      .set({ detaching: true })
      .where('id', '=', attachmentId)
      .execute();
    expect((await run('databases.detach', { databaseId: id, attachmentId })).status).toBe('succeeded');
    expect(await config(live.appId)).toEqual({});
    expect(await asked(live.appId)).toBe(2);
  });

  test('rotates: the old user goes only when the app has moved', async () => {
    const id = await create();
    const { appId } = await attach(id, true);
    released = 'failed';
    expect(await run('databases.rotate', { databaseId: id, generation: 2 })).toEqual({
      status: 'failed',
      code: 'database_release_failed',
    });
    expect([...memory.server(id).users.keys()].map((user) => user.slice(-2))).toEqual(['_1', '_2']);
    released = 'succeeded';
    expect((await run('databases.rotate', { databaseId: id, generation: 2 })).status).toBe('succeeded');
    expect([...memory.server(id).users.keys()].map((user) => user.slice(-2))).toEqual(['_2']);
    expect((await config(appId)).DATABASE_URL).toContain('_2:');
    expect(
      (
        await t.db
          .selectFrom('database_credentials')
          .select(['generation', 'status'])
          .where('database_id', '=', id)
          .orderBy('generation')
          .execute()
      ).map(({ status }) => status),
    ).toEqual(['dropped', 'active']);
  });

  test('is forked, and the fork is its equal', async () => {
    const from = await create();
    memory.server(from).rows.push('one', 'two');
    const id = newId();
    await t.db
      .insertInto('databases')
      .values({
        id,
        organization_id: organizationId,
        project_id: projectId,
        name: `fork-${id.slice(-6)}`,
        engine: 'postgres',
        version: '15',
        plan: 'small',
        forked_from: from,
      })
      .execute();
    expect((await run('databases.fork', { databaseId: id, from })).status).toBe('succeeded');
    expect(memory.server(id).rows).toEqual(['one', 'two']);
    expect(await rowOf(id)).toMatchObject({ status: 'ready', credential: 1 });
  });

  test('comes back where its service is gone, by an operation that is on record', async () => {
    const id = await create();
    const look = makeDatabaseUpkeep(deps);
    must(await engine.serviceRemove(databaseService(id)));
    const converges = () =>
      t.db
        .selectFrom('operations')
        .select('requested_by')
        .where('kind', '=', 'databases.converge')
        .where('target', '=', `database:${id}`)
        .execute();
    await look();
    expect(await converges()).toEqual([]);
    await look();
    await look();
    expect(await converges()).toEqual([{ requested_by: 'system:drift' }]);
    expect((await run('databases.converge', { databaseId: id })).status).toBe('succeeded');
    expect(engine.state.services.has(databaseService(id))).toBe(true);
  });

  test('leaves nothing when it is destroyed', async () => {
    const id = await create();
    await t.db.updateTable('databases').set({ status: 'destroying' }).where('id', '=', id).execute();
    expect((await run('databases.destroy', { databaseId: id, backup: false })).status).toBe('succeeded');
    expect((await rowOf(id)).status).toBe('destroyed');
    expect([...files].filter((file) => file.includes(id))).toEqual([]);
  });
});

test('an app of another project cannot be attached, whoever writes the row', async () => {
  const databaseId = await create();
  const [appId, elsewhere] = [newId(), newId()];
  await t.db
    .insertInto('projects')
    .values({ id: elsewhere, organization_id: organizationId, name: `e${elsewhere.slice(-12)}` })
    .execute();
  await t.db
    .insertInto('apps')
    .values({
      id: appId,
      organization_id: organizationId,
      project_id: elsewhere,
      name: `a${appId.slice(-12)}`,
    })
    .execute();
  const row = {
    id: newId(),
    organization_id: organizationId,
    database_id: databaseId,
    app_id: appId,
    main: true,
  };
  await expect(t.db.insertInto('database_attachments').values(row).execute()).rejects.toThrow(
    /different projects/,
  );
});
