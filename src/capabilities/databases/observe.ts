import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { projectNetwork } from '../network/model.ts';
import { storagePath } from '../volumes/model.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseGone } from './errors.ts';
import type { DatabaseFacts } from './facts.ts';
import { engineOf, instanceOf, placesOf } from './instance.ts';
import { databaseLabel, databasePath, databaseService } from './model.ts';
import { openSession } from './session.ts';
import * as store from './store.ts';

/** What is not compared with the files: it differs each time it is made. */
const TLS = {
  certificate: '-----BEGIN CERTIFICATE-----',
  key: new Secret(''),
  ca: '-----BEGIN CERTIFICATE-----',
};

async function filesOf(deps: DatabasesDeps, row: store.DatabaseRow) {
  const engine = engineOf(deps, row);
  const instance = instanceOf(row);
  const storageReady = await deps.storageReady(row.project_id);
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
async function isReady(deps: DatabasesDeps, row: store.DatabaseRow): Promise<boolean> {
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return false;
  const ready = await engineOf(deps, row).ready(session);
  return !isRefusal(ready) && ready;
}

/** Everything that a plan for this database looks at: the store, the engine, its files, now. */
export async function observeDatabase(
  deps: DatabasesDeps,
  databaseId: string,
  operationId?: string,
): Promise<Outcome<DatabaseFacts>> {
  const row = await store.findDatabase(deps.db, databaseId);
  if (!row) return databaseGone();
  const services = await deps.engine.services({ [databaseLabel.database]: databaseId });
  if (isRefusal(services)) return services;
  const networks = await deps.engine.networks();
  if (isRefusal(networks)) return networks;
  const service = services.find(({ name }) => name === databaseService(databaseId));
  const [credentials, attachments, done] = await Promise.all([
    store.credentialsOf(deps.db, databaseId),
    store.attachmentsOf(deps.db, databaseId),
    operationId ? store.stepsDone(deps.db, operationId) : new Set<string>(),
  ]);
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
    networkReady: networks.some(({ name }) => name === projectNetwork(row.project_id)),
    ...(await filesOf(deps, row)),
    service: service ? { replicas: service.replicas } : null,
    ready: service !== undefined && (await isReady(deps, row)),
    credentials: credentials.map(({ generation, status }) => ({ generation, status })),
    attachments: attachments.map(({ releaseId, releaseStatus, ...one }) => ({
      ...one,
      release: releaseId && releaseStatus ? { id: releaseId, status: releaseStatus } : null,
    })),
    done,
  };
}
