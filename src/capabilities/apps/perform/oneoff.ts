import type { LogLine, ServiceSpec, TaskFacts } from '../../../adapters/docker/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import type { AppsDeps } from '../deps.ts';
import { noRelease, phaseFailed, runFailed, runStopped, runTimedOut } from '../errors.ts';
import { label } from '../model.ts';
import { RunInput } from '../operations.ts';
import * as store from '../store.ts';
import { keepable, serviceSpec, whyEnded } from './services.ts';

const PHASE_SECONDS = 900;
const OVER = new Set(['complete', 'failed', 'rejected', 'shutdown', 'orphaned', 'remove']);

interface Ended {
  readonly code: number | undefined;
  readonly reason: string;
}

/**
 * Runs a service's single task to its end, line by line. A service that is there already is the same run, begun
 * before a restart of ours: it is joined, not started again.
 */
async function runToEnd(
  deps: AppsDeps,
  spec: ServiceSpec,
  seconds: number,
  onLine: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<Outcome<Ended>> {
  const created = await deps.engine.serviceCreate(spec, deps.registryAuth);
  if (isRefusal(created)) return created;
  const following = new AbortController();
  let shown = 0;
  const emit = (line: LogLine) => {
    shown += 1;
    onLine(line);
  };
  const follow = (async () => {
    for await (const line of deps.engine.logs(
      { service: spec.name },
      { follow: true, signal: following.signal },
    ))
      emit(line);
  })().catch(() => undefined);

  const deadline = Date.now() + seconds * 1000;
  let task: TaskFacts | undefined;
  try {
    while (!signal.aborted && Date.now() < deadline) {
      const tasks = await deps.engine.tasks(spec.labels);
      if (isRefusal(tasks)) return tasks;
      task = tasks.find((t) => t.service === spec.name || t.service === created.id) ?? tasks[0];
      if (task && OVER.has(task.state)) break;
      await sleep(250, signal);
    }
    // What the follower has not brought yet.
    await sleep(100);
    following.abort();
    await follow;
    let seen = 0;
    for await (const line of deps.engine.logs({ service: spec.name }, { follow: false })) {
      seen += 1;
      if (seen > shown) onLine(line);
    }
  } finally {
    following.abort();
    await deps.engine.serviceRemove(spec.name);
  }
  if (!task || !OVER.has(task.state)) {
    if (signal.aborted) return runStopped();
    return runTimedOut(seconds);
  }
  return { code: task.exitCode ?? (task.state === 'complete' ? 0 : undefined), reason: whyEnded([task]) };
}

/** The `release:` command of the Procfile, with the new image and config, before anything else of it starts. */
export async function runPhase(
  deps: AppsDeps,
  releaseId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const release = await store.findRelease(deps.db, releaseId);
  if (!release?.phase) return undefined;
  const spec = await serviceSpec(deps, release, {
    name: `b-release-v${release.version}-${release.app_id.slice(-12)}`,
    process: 'release',
    command: release.phase,
    replicas: 1,
    oneOff: true,
  });
  if (isRefusal(spec)) return spec;
  const lines: string[] = [];
  const ended = await runToEnd(
    deps,
    spec,
    PHASE_SECONDS,
    (line) => {
      lines.push(line.text);
      context.log(line.text, 'release');
    },
    context.signal,
  );
  if (isRefusal(ended)) return ended;
  if (ended.code !== 0) {
    // Its container is gone already.
    await store.keepLines(deps.db, releaseId, { release: lines.slice(-100).map(keepable) });
    return phaseFailed(ended.code, lines);
  }
  await store.phaseDone(deps.db, releaseId);
  return undefined;
}

/** `run` and cron: a command in a container of its own, of the live release; the exit code is passed on. */
export async function runOneOff(deps: AppsDeps, context: StepContext): Promise<Outcome<void>> {
  const { operation } = context;
  const input = RunInput.parse(operation.input);
  const live = (await store.servingReleases(deps.db, operation.appId!)).find((r) => r.traffic === 'live');
  if (!live) return noRelease('The app');
  const spec = await serviceSpec(deps, live, {
    name: `b-run-${operation.id.slice(-12)}`,
    process: 'run',
    command: input.command,
    replicas: 1,
    oneOff: true,
  });
  if (isRefusal(spec)) return spec;
  // One after another: lines that are written side by side would get their places by chance.
  let written: Promise<unknown> = Promise.resolve();
  const write = (source: string, text: string) => {
    written = written
      .then(() => store.writeChunk(deps.db, operation.id, source, text))
      .catch(() => undefined);
  };
  const labelled = { ...spec, labels: { ...spec.labels, [label.operation]: operation.id } };
  const ended = await runToEnd(
    deps,
    labelled,
    input.seconds,
    (line) => {
      // A job has nobody who asked: its lines are the app's log. A command's lines are for whoever ran it.
      if (operation.kind === 'apps.cron') context.log(line.text, line.source);
      write(line.source, line.text);
    },
    context.signal,
  );
  await written;
  if (isRefusal(ended)) return ended;
  if (ended.code === undefined) return runFailed(ended.reason);
  await store.writeChunk(deps.db, operation.id, 'exit', String(ended.code));
  return undefined;
}
