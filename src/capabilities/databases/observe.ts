import type { ServiceFacts, TaskFacts } from '../../adapters/docker/port.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { projectNetwork } from '../network/model.ts';
import { storagePath } from '../volumes/model.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseGone } from './errors.ts';
import type { DatabaseFacts, ServerFacts } from './facts.ts';
import { engineOf, instanceOf, placesOf } from './instance.ts';
import { databaseLabel, databasePath, databaseService } from './model.ts';
import { runningContainer, sessionIn } from './session.ts';
import * as store from './store.ts';

/** What is not compared with the files: it differs each time it is made. */
const TLS = {
  certificate: '-----BEGIN CERTIFICATE-----',
  key: new Secret(''),
  ca: '-----BEGIN CERTIFICATE-----',
};

/** What the engine shows, of one database or of all, and whether the storage of a project is open: asked once. */
interface Around {
  readonly services: ReadonlyMap<string, ServiceFacts>;
  readonly networks: ReadonlySet<string>;
  readonly tasks: Outcome<readonly TaskFacts[]>;
  readonly storageReady: (projectId: string) => Promise<boolean>;
}

async function lookAround(deps: DatabasesDeps, databaseId = ''): Promise<Outcome<Around>> {
  const label = { [databaseLabel.database]: databaseId };
  const services = await deps.engine.services(label);
  if (isRefusal(services)) return services;
  const networks = await deps.engine.networks();
  if (isRefusal(networks)) return networks;
  const tasks = services.length === 0 ? [] : await deps.engine.tasks(label);
  const open = new Map<string, Promise<boolean>>();
  return {
    services: new Map(services.map((service) => [service.name, service])),
    networks: new Set(networks.map(({ name }) => name)),
    tasks,
    storageReady(projectId) {
      const asked = open.get(projectId) ?? deps.storageReady(projectId);
      open.set(projectId, asked);
      return asked;
    },
  };
}

async function filesOf(deps: DatabasesDeps, row: store.DatabaseRow, storageReady: boolean) {
  const engine = engineOf(deps, row);
  const instance = instanceOf(row);
  const { uid } = engine.shape(instance);
  const places = placesOf(engine, instance, row.incarnation);
  const given = await Promise.all(
    places.map(({ path }) => storageReady && deps.files.given(storagePath(row.project_id, path))),
  );
  const missing = places.filter((_, i) => !given[i]).map(({ path }) => ({ path, uid }));
  const home = databasePath(row.id);
  const config = storagePath(row.project_id, `${home}/config`);
  return {
    served: storageReady && (await deps.files.served(config)),
    storageReady,
    missing,
    stored: storageReady ? await deps.files.exists(storagePath(row.project_id, home)) : true,
    configured:
      storageReady && (await deps.files.configured(config, engine.files(instance, TLS), Date.now())),
  };
}

/** Whether its server answers; no answer of any kind is no. */
async function isReady(deps: DatabasesDeps, row: store.DatabaseRow, around: Around): Promise<boolean> {
  const container = isRefusal(around.tasks) ? undefined : runningContainer(around.tasks, row.id);
  if (container === undefined) return false;
  const ready = await engineOf(deps, row).ready(sessionIn(deps.engine, row, container));
  return !isRefusal(ready) && ready;
}

/** How its server is: what the drift check looks at. */
async function running(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  around: Around,
): Promise<Pick<DatabaseFacts, 'stored'> & ServerFacts> {
  const service = around.services.get(databaseService(row.id));
  return {
    database: {
      id: row.id,
      name: row.name,
      projectId: row.project_id,
      engine: row.engine,
      version: row.version,
      status: row.status,
      credential: row.credential,
      incarnation: row.incarnation,
      previous: row.previous,
      extensions: row.extensions,
    },
    networkReady: around.networks.has(projectNetwork(row.project_id)),
    ...(await filesOf(deps, row, await around.storageReady(row.project_id))),
    service: service ? { replicas: service.replicas } : null,
    ready: service !== undefined && (await isReady(deps, row, around)),
  };
}

/** Everything that a plan for this database looks at: the store, the engine, its files, now. */
export async function observeDatabase(
  deps: DatabasesDeps,
  databaseId: string,
  operationId?: string,
): Promise<Outcome<DatabaseFacts>> {
  const row = await store.findDatabase(deps.db, databaseId);
  if (!row) return databaseGone();
  const around = await lookAround(deps, databaseId);
  if (isRefusal(around)) return around;
  const [credentials, attachments, done] = await Promise.all([
    store.credentialsOf(deps.db, databaseId),
    store.attachmentsOf(deps.db, databaseId),
    operationId ? store.stepsDone(deps.db, operationId) : new Set<string>(),
  ]);
  return {
    ...(await running(deps, row, around)),
    credentials: credentials.map(({ generation, status }) => ({ generation, status })),
    attachments: attachments.map(({ releaseId, releaseStatus, ...one }) => ({
      ...one,
      release: releaseId && releaseStatus ? { id: releaseId, status: releaseStatus } : null,
    })),
    done,
  };
}

/**
 * How the servers of these databases are. The engine is asked three questions, however many there are; each server
 * that runs is asked whether it answers.
 */
export async function observeServers(
  deps: DatabasesDeps,
  rows: readonly store.DatabaseRow[],
): Promise<Outcome<readonly ServerFacts[]>> {
  if (rows.length === 0) return [];
  const around = await lookAround(deps);
  if (isRefusal(around)) return around;
  // One that went away in between says nothing of the others.
  if (isRefusal(around.tasks)) return around.tasks;
  const facts: ServerFacts[] = [];
  for (const row of rows) facts.push(await running(deps, row, around));
  return facts;
}
