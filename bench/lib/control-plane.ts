// The part of the agent that changes credentials and keys: its own plans, steps and stores, on a PostgreSQL of its own with
// the agent's rights, next to one tenant's server. Only the engine's list of tasks and the app are stand-ins.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '../../src/adapters/databases/testbed.ts';
import { startServer } from '../../src/adapters/databases/testbed.ts';
import { makeMemoryEngine } from '../../src/adapters/docker/memory.ts';
import { keychain } from '../../src/adapters/envelope/keychain.ts';
import { rootKeyFile } from '../../src/adapters/envelope/root.ts';
import { seal } from '../../src/adapters/envelope/seal.ts';
import { makePki } from '../../src/adapters/pki/directory.ts';
import { postgres } from '../../src/adapters/postgres/postgres.ts';
import type { DatabasesDeps } from '../../src/capabilities/databases/deps.ts';
import { instanceOf } from '../../src/capabilities/databases/instance.ts';
import { databasesKinds } from '../../src/capabilities/databases/kinds.ts';
import { databaseTarget } from '../../src/capabilities/databases/model.ts';
import { makeDatabasesPerform } from '../../src/capabilities/databases/perform.ts';
import { findDatabase } from '../../src/capabilities/databases/store.ts';
import type { KeysDeps } from '../../src/capabilities/keys/deps.ts';
import { keysKinds } from '../../src/capabilities/keys/kinds.ts';
import { performKeys } from '../../src/capabilities/keys/perform.ts';
import { projectKeys, readyDatabases, saveProjectKey } from '../../src/capabilities/keys/store.ts';
import { projectNetwork } from '../../src/capabilities/network/model.ts';
import { realDatabase } from '../../src/db/testing.ts';
import type { Perform, Table } from '../../src/engine/capability.ts';
import { claim } from '../../src/engine/journal.ts';
import { runOperation } from '../../src/engine/run.ts';
import { type Request, submit } from '../../src/engine/submit.ts';
import { newId } from '../../src/kernel/id.ts';
import { must } from '../../src/kernel/refusal.ts';
import { Secret } from '../../src/kernel/secret.ts';
import type { Ending } from './ending.ts';
import type { EncryptedStorage } from './image.ts';

/** A release of the app: gets the address that its config vars hold now, answers when only that is in use. */
export type Release = (url: URL) => Promise<void>;

export interface ControlPlane {
  readonly server: TestServer;
  readonly projectId: string;
  readonly databaseId: string;
  /** The app gets the database, by a first release. */
  attach(): Promise<void>;
  /** Submits an operation, carries it out with whatever it asks for, and throws where it does not succeed. */
  run(request: Pick<Request, 'kind' | 'target' | 'input' | 'projectId'>): Promise<void>;
  /** The generation of the credentials in use. */
  generation(): Promise<number>;
  /** What the app's config vars say now, opened with the project's key; throws where a single one does not open. */
  url(): Promise<URL>;
  /** Opens the storage key as it is sealed now. */
  storageKey(): Promise<Secret>;
}

const VARIABLE = 'DATABASE_URL';

/** A project with a key, a storage key, an app with so many config vars, and a database. */
export async function startControlPlane(
  ending: Ending,
  storage: EncryptedStorage,
  vars: number,
  onRelease: Release,
): Promise<ControlPlane> {
  const real = await realDatabase();
  ending.defer(() => real.close());
  const db = real.as('bastide_agent');
  const roots = rootKeyFile(join(storage.beside, 'root.key'));
  const keys: KeysDeps = {
    db,
    keychain: keychain(roots),
    roots,
    given: false,
    seal,
    rotationDays: 90,
    afterRetire: async (projectId) =>
      (await readyDatabases(db, projectId)).map(({ id, credential, organizationId }) => ({
        kind: 'databases.rotate',
        target: databaseTarget(id),
        organizationId,
        projectId,
        input: { databaseId: id, generation: credential + 1 },
      })),
  };
  const open: DatabasesDeps['open'] = async (projectId, binding, sealed) =>
    keys.keychain.open((await projectKeys(db, projectId))!, binding, sealed);

  const [organizationId, projectId, appId, databaseId] = [newId(), newId(), newId(), newId()];
  const owner = { organization_id: organizationId };
  await real.db.insertInto('organizations').values({ id: organizationId, name: 'bench' }).execute();
  await real.db
    .insertInto('projects')
    .values({ id: projectId, ...owner, name: 'bench' })
    .execute();
  await real.db
    .insertInto('apps')
    .values({ id: appId, ...owner, project_id: projectId, name: 'shop' })
    .execute();
  const key = must(await keys.keychain.createProjectKey(projectId));
  await saveProjectKey(db, projectId, key);
  const binding = { owner: projectId, name: 'storage' };
  await real.db
    .insertInto('project_storage')
    .values({
      ...{ project_id: projectId, ...owner, key_id: storage.keyId, state: 'ready' },
      sealed_key: must(await seal(key.recipient, binding, storage.key)),
    })
    .execute();
  for (let n = 0; n < vars; n += 1) {
    const name = `VAR_${n}`;
    const sealed = must(await seal(key.recipient, { owner: appId, name }, new Secret(`value ${n}`)));
    await real.db
      .insertInto('config_vars')
      .values({ app_id: appId, ...owner, name, sealed, secret: true })
      .execute();
  }
  await real.db
    .insertInto('databases')
    .values({
      ...{ id: databaseId, ...owner, project_id: projectId, name: 'shop-db' },
      ...{ engine: 'postgres', version: '15', plan: 'standard' },
    })
    .execute();

  const server = await startServer(
    postgres,
    instanceOf((await findDatabase(db, databaseId))!),
    storage.encrypted,
  );
  ending.defer(async () => server[Symbol.asyncDispose]());
  const memory = makeMemoryEngine();
  must(await memory.swarmInit({ advertise: '', listen: '', pool: '', poolMask: 24 }));
  must(
    await memory.networkEnsure({
      ...{ name: projectNetwork(projectId), labels: {}, driver: 'overlay', internal: false },
    }),
  );
  const deps: DatabasesDeps = {
    db,
    engine: {
      ...memory,
      exec: (_container, argv, stdin) => server.session.run(argv, stdin),
      execStream: (_container, argv, options) => server.session.stream(argv, options),
    },
    engines: new Map([['postgres', postgres]]),
    pki: makePki({ directory: join(storage.beside, 'ca'), name: 'bench' }),
    seal,
    open,
    image: async (stack) => `registry/${stack}@sha256:0`,
    registryAuth: new Secret('{}'),
    conduct: async () => ({ code: 0 }),
    storageReady: async () => true,
    // The server has its files already.
    files: {
      write: async () => undefined,
      configured: async () => true,
      given: async () => true,
      exists: async () => true,
      served: async () => true,
      noteServed: async () => undefined,
      used: async () => 0,
    },
    addresses: ['127.0.0.1'],
  };
  const table: Table = {
    kinds: new Map([...databasesKinds(deps), ...keysKinds(keys)].map((kind) => [kind.kind, kind])),
    performers: new Map<string, Perform>([
      ['databases', makeDatabasesPerform(deps)],
      ['keys', performKeys(keys)],
    ]),
  };

  const config = () =>
    db.selectFrom('config_vars').select(['name', 'sealed']).where('app_id', '=', appId).execute();
  async function url(): Promise<URL> {
    const opened = new Map<string, string>();
    for (const { name, sealed } of await config())
      opened.set(name, must(await open(projectId, { owner: appId, name }, sealed)).reveal());
    return new URL(opened.get(VARIABLE)!);
  }

  const settle = (id: string, status: 'succeeded' | 'failed') =>
    real.db.updateTable('operations').set({ status }).where('id', '=', id).execute();
  /** Takes the app's releases; everybody else's operations are taken by `run`. */
  async function releases(): Promise<void> {
    while (!over.aborted) {
      const asked = await real.db
        .selectFrom('operations')
        .select('id')
        .where('kind', '=', 'apps.release')
        .where('status', '=', 'queued')
        .executeTakeFirst();
      if (asked)
        await onRelease(await url()).then(
          () => settle(asked.id, 'succeeded'),
          () => settle(asked.id, 'failed'),
        );
      await sleep(100);
    }
  }
  const stop = new AbortController();
  const over = AbortSignal.any([stop.signal, ending.signal]);
  const released = releases();
  ending.defer(async () => {
    stop.abort();
    await released;
  });

  async function run(request: Parameters<ControlPlane['run']>[0]): Promise<void> {
    await db
      .transaction()
      .execute((tx) => submit(tx, { ...request, organizationId, actor: 'bench', reason: 'a bench' }));
    for (;;) {
      const claimed = await claim(db, 'bench', [...table.kinds.keys()]);
      if (!claimed) return;
      await runOperation(db, table, claimed, ending.signal);
      const { status, failure } = await db
        .selectFrom('operations')
        .select(['status', 'failure'])
        .where('id', '=', claimed.id)
        .executeTakeFirstOrThrow();
      if (status !== 'succeeded') throw new Error(`${claimed.kind} ${status}: ${JSON.stringify(failure)}`);
    }
  }

  await run({
    kind: 'databases.create',
    target: databaseTarget(databaseId),
    projectId,
    input: { databaseId },
  });
  async function attach(): Promise<void> {
    const attachmentId = newId();
    await real.db
      .insertInto('database_attachments')
      .values({ id: attachmentId, ...owner, database_id: databaseId, app_id: appId, main: true })
      .execute();
    await goLive(real.db, { appId, organizationId });
    await run({
      kind: 'databases.attach',
      target: databaseTarget(databaseId),
      projectId,
      input: { databaseId, attachmentId },
    });
  }

  return {
    server,
    projectId,
    databaseId,
    attach,
    run,
    url,
    generation: async () => (await findDatabase(db, databaseId))!.credential,
    async storageKey() {
      const { sealed_key } = await db
        .selectFrom('project_storage')
        .select('sealed_key')
        .where('project_id', '=', projectId)
        .executeTakeFirstOrThrow();
      return must(await open(projectId, binding, sealed_key!));
    },
  };
}

/** A release that runs: without one nobody has to change over. */
async function goLive(
  db: Awaited<ReturnType<typeof realDatabase>>['db'],
  { appId, organizationId }: { appId: string; organizationId: string },
): Promise<void> {
  const buildId = newId();
  const owner = { organization_id: organizationId, app_id: appId };
  await db
    .insertInto('builds')
    .values({ id: buildId, ...owner, operation_id: newId(), source: '{}' })
    .execute();
  await db
    .insertInto('releases')
    .values({
      ...{ id: newId(), ...owner, version: 1, build_id: buildId, repository: 'r', digest: 'd' },
      ...{ processes: '{}', config: '{}', health_path: '/', description: '', created_by: 'bench' },
      ...{ operation_id: newId(), traffic: 'live', status: 'live' },
    })
    .execute();
}
