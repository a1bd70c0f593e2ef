import { expect } from 'vitest';
import { makeMemoryDatabases } from '../../adapters/databases/memory.ts';
import { makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { makeMemoryPki } from '../../adapters/pki/memory.ts';
import type { TestDatabase } from '../../db/testing.ts';
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
import { makeDatabasesPerform } from './perform.ts';

/** A project, its engine and its databases, all in memory but the platform's own database. */
export async function makeBed(t: TestDatabase) {
  const engine = makeMemoryEngine();
  must(await engine.swarmInit({ advertise: '', listen: '', pool: '', poolMask: 24 }));
  const memory = makeMemoryDatabases();
  const files = new Set<string>();
  const world: { released: 'succeeded' | 'failed'; broken: boolean; used: Map<string, number> } = {
    used: new Map(),
    released: 'succeeded',
    broken: false,
  };
  const [organizationId, projectId] = [newId(), newId()];
  const name = `p${projectId.slice(-12)}`;
  await t.db
    .insertInto('organizations')
    .values({ id: organizationId, name: `o${name}` })
    .execute();
  await t.db
    .insertInto('projects')
    .values({ id: projectId, organization_id: organizationId, name, key_recipient: 'r' })
    .execute();
  const deps: DatabasesDeps = {
    db: t.db,
    engine,
    engines: new Map([['postgres', memory.engine]]),
    pki: makeMemoryPki(),
    seal: async (_recipient, { owner, name: what }, value) => `${owner}/${what}=${value.reveal()}`,
    open: async (_project, { owner, name: what }, sealed) => {
      if (!sealed.startsWith(`${owner}/${what}=`)) throw new Error('opened with another binding');
      return new Secret(sealed.slice(sealed.indexOf('=') + 1));
    },
    image: async (stack) => (world.broken ? databaseNotRunning(stack) : `registry/${stack}@sha256:0`),
    registryAuth: new Secret('{}'),
    conduct: async () => ({ code: 0 }),
    storageReady: async () => files.has('storage'),
    files: {
      write: async (directory) => {
        files.add(`${directory}/written`);
        files.delete(`${directory}/served`);
      },
      served: async (directory) => files.has(`${directory}/served`),
      noteServed: async (directory) => void files.add(`${directory}/served`),
      configured: async (directory) => files.has(`${directory}/written`),
      given: async (path) => files.has(path),
      used: async (path) => world.used.get(path) ?? 0,
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
  const table: Table = {
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
            .set({ status: world.released })
            .where('kind', '=', 'apps.release')
            .where('status', '=', 'queued')
            .execute();
          return done;
        },
      ],
    ]),
  };

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
    expect(await run('databases.create', { databaseId: id })).toEqual({
      status: 'succeeded',
      code: undefined,
    });
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

  return {
    engine,
    memory,
    files,
    deps,
    organizationId,
    projectId,
    world,
    run,
    create,
    attach,
    config,
    rowOf,
    asked,
  };
}

export type Bed = Awaited<ReturnType<typeof makeBed>>;
