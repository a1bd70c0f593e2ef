import type { ServiceSpec } from '../../../adapters/docker/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import { projectNetwork } from '../../network/model.ts';
import { hostUserOf, storagePath } from '../../volumes/model.ts';
import type { DatabasesDeps } from '../deps.ts';
import { databaseStartFailed } from '../errors.ts';
import { engineOf, instanceOf, placesOf } from '../instance.ts';
import { CA_FILE, databaseLabel, databasePath, databaseService } from '../model.ts';
import { openSession } from '../session.ts';
import * as store from '../store.ts';

/** The longest that a certificate lives; it is made anew a month before its end. */
const CERTIFICATE_DAYS = 397;
/** A first start makes a data directory on encrypted storage; a later one may replay its log. */
const START_SECONDS = 180;
const CRASHES = 4;
const ENDED = new Set(['failed', 'rejected', 'complete', 'orphaned']);

const configOf = (row: store.DatabaseRow): string =>
  storagePath(row.project_id, `${databasePath(row.id)}/config`);

/** The server that runs takes the certificate of its files; whoever is connected stays. */
export async function reload(deps: DatabasesDeps, row: store.DatabaseRow): Promise<Outcome<void>> {
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return session;
  const done = await engineOf(deps, row).reload(session);
  return isRefusal(done) ? done : deps.files.noteServed(configOf(row));
}

/** Writes the server's configuration with a certificate of its own. */
export async function configure(deps: DatabasesDeps, row: store.DatabaseRow): Promise<Outcome<void>> {
  const engine = engineOf(deps, row);
  const instance = instanceOf(row);
  const ca = await deps.pki.root();
  if (isRefusal(ca)) return ca;
  const leaf = await deps.pki.issue({
    commonName: instance.host,
    hosts: [instance.host],
    addresses: deps.addresses,
    usage: 'server',
    days: CERTIFICATE_DAYS,
  });
  if (isRefusal(leaf)) return leaf;
  const files = engine.files(instance, {
    certificate: leaf.certificate,
    key: leaf.key,
    ca: ca.certificate,
  });
  return deps.files.write(configOf(row), files, hostUserOf(engine.shape(instance).uid));
}

export async function specOf(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  context: Pick<StepContext, 'log'>,
): Promise<Outcome<ServiceSpec>> {
  const engine = engineOf(deps, row);
  const instance = instanceOf(row);
  const shape = engine.shape(instance);
  const image = await deps.image(shape.stack, (line) => context.log(line, 'stack'));
  if (isRefusal(image)) return image;
  const ca = await deps.pki.root();
  if (isRefusal(ca)) return ca;
  const node = await deps.engine.facts();
  if (isRefusal(node)) return node;
  const { memoryBytes, cpus } = instance.limits;
  return {
    name: databaseService(row.id),
    labels: { [databaseLabel.project]: row.project_id, [databaseLabel.database]: row.id },
    image,
    entrypoint: shape.entrypoint,
    command: shape.command,
    env: shape.env,
    user: `${shape.uid}:${shape.uid}`,
    replicas: 1,
    network: projectNetwork(row.project_id),
    aliases: [instance.host],
    port: shape.port,
    limits: { memoryBytes, cpus, pids: shape.pids },
    tmpfs: shape.tmpfs,
    mounts: placesOf(engine, instance, row.incarnation).map(({ path, target, readOnly }) => ({
      source: storagePath(row.project_id, path),
      target,
      readOnly,
    })),
    files: [{ path: CA_FILE, content: ca.certificate }],
    ...(node.nodeId ? { node: row.node ?? node.nodeId } : {}),
    stopSignal: shape.stopSignal,
    stopGraceSeconds: shape.stopGraceSeconds,
    restart: 'any',
  };
}

export async function start(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  context: StepContext,
): Promise<Outcome<void>> {
  const spec = await specOf(deps, row, context);
  if (isRefusal(spec)) return spec;
  // It reads what is there when it starts. Said before: killed in between, it is started again.
  const noted = await deps.files.noteServed(configOf(row));
  if (isRefusal(noted)) return noted;
  const created = await deps.engine.serviceCreate(spec, deps.registryAuth);
  if (isRefusal(created)) return created;
  if (spec.node) await store.setNode(deps.db, row.id, spec.node);
  return deps.engine.serviceScale(spec.name, 1);
}

async function lastLines(deps: DatabasesDeps, service: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of deps.engine.logs({ service }, { follow: false, tail: 15 })) lines.push(line.text);
  return lines;
}

/** Until it answers; the last lines that it said where it does not. */
export async function awaitReady(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  context: StepContext,
): Promise<Outcome<void>> {
  const deadline = Date.now() + START_SECONDS * 1000;
  while (!context.signal.aborted) {
    const session = await openSession(deps, row.id);
    if (!isRefusal(session)) {
      const ready = await engineOf(deps, row).ready(session);
      if (!isRefusal(ready) && ready) return undefined;
    }
    const tasks = await deps.engine.tasks({ [databaseLabel.database]: row.id });
    if (isRefusal(tasks)) return tasks;
    const crashed = tasks.filter(({ state }) => ENDED.has(state));
    if (crashed.length >= CRASHES || Date.now() > deadline) {
      for (const line of await lastLines(deps, databaseService(row.id))) context.log(line, row.name);
      const [last] = crashed;
      return databaseStartFailed(row.name, last?.error ?? last?.state ?? 'it does not answer in time');
    }
    await sleep(250, context.signal);
  }
  return undefined;
}
