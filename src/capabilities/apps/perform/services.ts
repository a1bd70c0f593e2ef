import type { ServiceSpec, TaskFacts } from '../../../adapters/docker/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { Secret } from '../../../kernel/secret.ts';
import { sleep } from '../../../kernel/time.ts';
import { CA_FILE } from '../../databases/model.ts';
import { projectNetwork } from '../../network/model.ts';
import { storagePath, volumeDirectory } from '../../volumes/model.ts';
import type { AppsDeps } from '../deps.ts';
import { appGone, appSuspended, releaseGone, startFailed } from '../errors.ts';
import { manifestOf } from '../manifest.ts';
import { APP_PORT, label, REPLICA_LIMITS, serviceName } from '../model.ts';
import { GROUP_SIGNALS } from '../source/model.ts';
import * as store from '../store.ts';
import { verifyImage } from './image.ts';

type Release = NonNullable<Awaited<ReturnType<typeof store.findRelease>>>;
type App = NonNullable<Awaited<ReturnType<typeof store.findApp>>>;

/** Failed tasks after which a start is given up. */
const CRASHES = 3;
const START_SECONDS = 120;
/** Lines, and characters of one, that are kept of each process of a release that failed. */
const KEPT_LINES = 100;
const KEPT_CHARACTERS = 2000;

/** A line as the database can hold it. */
export const keepable = (line: string): string =>
  line.replaceAll('\u0000', '').slice(0, KEPT_CHARACTERS).toWellFormed();
const MIB = 1024 * 1024;
const STACK_USER = '10001:10001';

/** The container's environment: the image's defaults are below it, config vars above, the platform's own on top. */
async function environment(
  deps: AppsDeps,
  app: App,
  release: Release,
): Promise<Outcome<Record<string, string | Secret>>> {
  const build = await store.findBuild(deps.db, release.build_id);
  const env: Record<string, string | Secret> = { HOME: '/tmp', ...(build && manifestOf(build)?.plan.env) };
  for (const [name, value] of Object.entries(release.config)) {
    const opened = await deps.open(app.project_id, { owner: app.id, name }, value.sealed);
    if (isRefusal(opened)) return opened;
    env[name] = opened;
  }
  return {
    ...env,
    ...GROUP_SIGNALS,
    PORT: String(APP_PORT),
    BASTIDE_APP: app.name,
    BASTIDE_RELEASE: `v${release.version}`,
    BASTIDE_CA: CA_FILE,
  };
}

/** The app's volumes as they are attached now, and the node that has them. */
async function volumesOf(deps: AppsDeps, app: App): Promise<Outcome<Pick<ServiceSpec, 'mounts' | 'node'>>> {
  const mounts = await store.mountsOf(deps.db, app.id);
  if (mounts.length === 0) return {};
  const engine = await deps.engine.facts();
  if (isRefusal(engine)) return engine;
  return {
    mounts: mounts.map(({ projectId, volumeId, path }) => ({
      source: storagePath(projectId, volumeDirectory(volumeId)),
      target: path,
      readOnly: false,
    })),
    ...(engine.nodeId === undefined ? {} : { node: engine.nodeId }),
  };
}

/** The service of one process or one-off command. The image's signature is verified here, each time (RUN-3). */
export async function serviceSpec(
  deps: AppsDeps,
  release: Release,
  what: {
    name: string;
    process: string;
    command: readonly string[] | null;
    replicas: number;
    oneOff: boolean;
  },
): Promise<Outcome<ServiceSpec>> {
  const app = await store.findApp(deps.db, release.app_id);
  if (!app) return appGone();
  const image = await verifyImage(deps, release);
  if (isRefusal(image)) return image;
  if (await store.isSuspended(deps.db, app.project_id)) return appSuspended(app.name);
  const env = await environment(deps, app, release);
  if (isRefusal(env)) return env;
  const authority = await deps.authority();
  if (isRefusal(authority)) return authority;
  const volumes = await volumesOf(deps, app);
  if (isRefusal(volumes)) return volumes;
  const web = what.process === 'web' && !what.oneOff;
  return {
    name: what.name,
    labels: {
      [label.project]: app.project_id,
      [label.app]: app.id,
      [label.process]: what.process,
      [label.version]: String(release.version),
      ...(what.oneOff ? { [label.oneOff]: 'true' } : {}),
    },
    image,
    // A command replaces what the image would run, its entry point too.
    ...(what.command ? { entrypoint: what.command } : {}),
    env,
    user: STACK_USER,
    replicas: what.replicas,
    network: projectNetwork(app.project_id),
    aliases: what.oneOff ? [] : [`${what.process}.${app.name}`],
    ...(web ? { port: APP_PORT } : {}),
    limits: REPLICA_LIMITS,
    tmpfs: [
      { path: '/tmp', sizeBytes: 128 * MIB },
      { path: '/run', sizeBytes: 16 * MIB },
    ],
    stopGraceSeconds: 15,
    restart: what.oneOff ? 'none' : 'any',
    files: [{ path: CA_FILE, content: authority.certificate }],
    ...volumes,
  };
}

const ENDED = new Set(['failed', 'rejected', 'complete', 'orphaned']);

/** Why tasks of the service ended, in words. */
export function whyEnded(tasks: readonly TaskFacts[]): string {
  const task = tasks.find((t) => ENDED.has(t.state));
  if (!task) return 'it did not start in time';
  if (task.exitCode === 137) return 'it was killed (exit code 137): out of memory?';
  if (task.exitCode !== undefined) return `it ended with exit code ${task.exitCode}`;
  return task.error ?? task.state;
}

async function lastLines(deps: AppsDeps, service: string, tail: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of deps.engine.logs({ service }, { follow: false, tail })) lines.push(line.text);
  return lines.slice(-tail);
}

/** What the containers of a release wrote last, by process; their services are about to go. */
export async function lastWords(deps: AppsDeps, releaseId: string): Promise<Record<string, string[]>> {
  const words: Record<string, string[]> = {};
  const release = await store.findRelease(deps.db, releaseId);
  for (const process of Object.keys(release?.processes ?? {})) {
    const service = serviceName(release!.app_id, process, release!.version);
    // What is not there, or does not answer, has no last words: the release is given up all the same.
    const lines = await lastLines(deps, service, KEPT_LINES).catch(() => []);
    if (lines.length > 0) words[process] = lines.map(keepable);
  }
  return words;
}

/** Starts the process of a release and waits until its replicas run, or says why they do not. */
export async function start(
  deps: AppsDeps,
  input: { releaseId: string; process: string; replicas: number },
  context: StepContext,
): Promise<Outcome<void>> {
  const release = await store.findRelease(deps.db, input.releaseId);
  if (!release) return releaseGone();
  const name = serviceName(release.app_id, input.process, release.version);
  const spec = await serviceSpec(deps, release, {
    name,
    process: input.process,
    command: release.processes[input.process]?.command ?? null,
    replicas: input.replicas,
    oneOff: false,
  });
  if (isRefusal(spec)) return spec;
  const created = await deps.engine.serviceCreate(spec, deps.registryAuth);
  if (isRefusal(created)) return created;

  const deadline = Date.now() + START_SECONDS * 1000;
  while (!context.signal.aborted) {
    const tasks = await deps.engine.tasks(spec.labels);
    if (isRefusal(tasks)) return tasks;
    if (tasks.filter((task) => task.state === 'running').length >= input.replicas) return undefined;
    const crashed = tasks.filter((task) => ENDED.has(task.state)).length;
    if (crashed >= CRASHES * input.replicas || Date.now() > deadline) {
      for (const line of await lastLines(deps, name, 10)) context.log(line, input.process);
      return startFailed(input.process, whyEnded(tasks));
    }
    await sleep(200, context.signal);
  }
  return undefined;
}
