import { basename, dirname } from 'node:path';
import { openBelow } from '../../../adapters/below/directory.ts';
import { removeBelow } from '../../../adapters/below/remove.ts';
import { isolatedServer } from '../../../adapters/databases/container.ts';
import type { Session } from '../../../adapters/databases/port.ts';
import type { ContainerSpec } from '../../../adapters/docker/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import { hostUserOf, storagePath } from '../../volumes/model.ts';
import type { DatabasesDeps } from '../deps.ts';
import { databaseFilesFailed, databaseNoWayBack, databaseStartFailed } from '../errors.ts';
import { engineOf, instanceOf, placesOf } from '../instance.ts';
import { databaseService } from '../model.ts';
import { openSession, sessionIn } from '../session.ts';
import * as store from '../store.ts';
import { copyContent } from './copy.ts';
import { openCredential } from './users.ts';

const READY_TRIES = 720;

/** An empty directory for each place that the next incarnation does not share with this one. */
async function freshDirectories(row: store.DatabaseRow, paths: readonly string[], uid: number) {
  try {
    for (const path of paths) {
      const root = storagePath(row.project_id, '');
      await removeBelow(root, path);
      const home = await openBelow(root, dirname(path));
      const made = await home
        ?.make(basename(path), { mode: 0o700, owner: hostUserOf(uid) })
        .finally(() => home.close());
      if (!made) throw new Error(`${path} cannot be made`);
      await made.close();
    }
  } catch (error) {
    return databaseFilesFailed(error instanceof Error ? error.message : String(error));
  }
}

/** A server without any network on the next incarnation's directories. */
async function nextServer(
  deps: DatabasesDeps,
  next: store.DatabaseRow,
  context: StepContext,
): Promise<Outcome<ContainerSpec>> {
  const engine = engineOf(deps, next);
  const instance = instanceOf(next);
  const shape = engine.shape(instance);
  const image = await deps.image(shape.stack, (line) => context.log(line, 'stack'));
  if (isRefusal(image)) return image;
  const there = await deps.engine.imageFacts(image);
  if (isRefusal(there)) {
    const pulled = await deps.engine.imagePull(image, deps.registryAuth);
    if (isRefusal(pulled)) return pulled;
  }
  const places = placesOf(engine, instance, next.incarnation).map((one) => ({
    ...one,
    source: storagePath(next.project_id, one.path),
  }));
  const name = `${databaseService(next.id)}-next`;
  return isolatedServer(
    { name, labels: { 'bastide.database-next': next.id }, image },
    shape,
    instance,
    places,
  );
}

async function untilReady(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  session: Session,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  for (let tries = 0; tries < READY_TRIES && !signal.aborted; tries += 1) {
    const ready = await engineOf(deps, row).ready(session);
    if (!isRefusal(ready) && ready) return undefined;
    await sleep(250, signal);
  }
  return databaseStartFailed(row.name, 'the new version does not answer in time');
}

/** The same users with the same passwords: apps notice nothing but a pause. */
async function giveUsers(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  session: Session,
): Promise<Outcome<void>> {
  for (const { generation, status } of await store.credentialsOf(deps.db, row.id)) {
    if (status === 'dropped') continue;
    const credential = await openCredential(deps, row, generation);
    if (isRefusal(credential)) return credential;
    const set = await engineOf(deps, row).setUser(session, credential);
    if (isRefusal(set)) return set;
  }
}

/** Copies everything into a server of the new version beside the old one, while nobody gets in, and compares. */
export async function copyToNew(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  version: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const next = { ...row, version, incarnation: row.incarnation + 1 };
  const engine = engineOf(deps, row);
  const spec = await nextServer(deps, next, context);
  if (isRefusal(spec)) return spec;
  const gone = await deps.engine.containerRemove(spec.name);
  if (isRefusal(gone)) return gone;
  const here = new Set(placesOf(engine, instanceOf(row), row.incarnation).map(({ path }) => path));
  const fresh = placesOf(engine, instanceOf(next), next.incarnation)
    .map(({ path }) => path)
    .filter((path) => !here.has(path));
  const made = await freshDirectories(row, fresh, engine.shape(instanceOf(next)).uid);
  if (isRefusal(made)) return made;
  const started = await deps.engine.containerEnsure(spec);
  if (isRefusal(started)) return started;
  try {
    const to = sessionIn(deps.engine, next, spec.name);
    const ready = await untilReady(deps, next, to, context.signal);
    if (isRefusal(ready)) return ready;
    const prepared = await engine.prepare(to);
    if (isRefusal(prepared)) return prepared;
    const from = await openSession(deps, row.id);
    if (isRefusal(from)) return from;
    const frozen = await engine.freeze(from, true);
    if (isRefusal(frozen)) return frozen;
    const copied = await copyContent(
      { engine, session: from },
      { engine, session: to },
      { schema: false, signal: context.signal },
    );
    if (isRefusal(copied)) return copied;
    context.log(`${copied.tables.length} tables are equal`, 'copy');
    return await giveUsers(deps, next, to);
  } finally {
    await deps.engine.containerStop(spec.name);
    await deps.engine.containerRemove(spec.name);
  }
}

/** From now on the row means the new server; the old one stops, and its files stay. */
export async function switchVersion(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  version: string,
): Promise<Outcome<void>> {
  const removed = await deps.engine.serviceRemove(databaseService(row.id));
  if (isRefusal(removed)) return removed;
  const { incarnation } = row;
  await store.switchTo(
    deps.db,
    row.id,
    { incarnation: incarnation + 1, version },
    { incarnation, version: row.version },
  );
}

export async function switchBack(deps: DatabasesDeps, row: store.DatabaseRow): Promise<Outcome<void>> {
  if (!row.previous) return databaseNoWayBack(row.name);
  const removed = await deps.engine.serviceRemove(databaseService(row.id));
  if (isRefusal(removed)) return removed;
  await store.switchTo(deps.db, row.id, row.previous, null);
}

/** Users get in again, with the passwords of now. */
export async function thaw(deps: DatabasesDeps, row: store.DatabaseRow): Promise<Outcome<void>> {
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return session;
  const opened = await engineOf(deps, row).freeze(session, false);
  if (isRefusal(opened)) return opened;
  return giveUsers(deps, row, session);
}
