import { writeFiles } from '../../../adapters/below/files.ts';
import { isolatedServer } from '../../../adapters/databases/container.ts';
import type { DatabaseEngine, Instance, Session } from '../../../adapters/databases/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import { hostUserOf } from '../../volumes/model.ts';
import type { BackupsDeps } from '../deps.ts';
import { instanceNotReady } from '../errors.ts';

const READY_SECONDS = 300;
const POLL = 500;

export interface Bench {
  readonly session: Session;
  /** Where its directories are on the host, by name. */
  readonly directories: Readonly<Record<string, string>>;
  /** Ends the server in good order; its files stay. */
  stop(): Promise<Outcome<void>>;
  /** Ends it and removes what was made for it. */
  remove(): Promise<Outcome<void>>;
}

export interface BenchOptions {
  readonly projectId: string;
  readonly engine: DatabaseEngine;
  readonly instance: Instance;
  /** Below the project's storage; everything of the bench is there but for `data`. */
  readonly base: string;
  /** Another place for the data directory, below the project's storage: it stays after `remove`. */
  readonly data?: string;
  readonly signal: AbortSignal;
  /** What has to lie there before the server starts. */
  readonly fill?: (directories: Readonly<Record<string, string>>) => Promise<Outcome<void>>;
}

/** Of the whole path: one operation may have two at a time. */
const containerOf = (base: string): string => `bastide-bench-${base.replaceAll(/[^a-z0-9]/g, '')}`;

/**
 * A server that nobody can reach: no network, its own directories in the project's encrypted storage, the limits of
 * its plan. For restoring into, looking at, and taking apart again.
 */
export async function startBench(deps: BackupsDeps, options: BenchOptions): Promise<Outcome<Bench>> {
  const { projectId, engine, instance, base, signal } = options;
  const shape = engine.shape(instance);
  const container = containerOf(base);
  const directories: Record<string, string> = {};
  // What an interrupted one left is not what we begin with.
  await deps.engine.containerRemove(container);
  const cleared = await deps.scratch.remove(projectId, base);
  if (isRefusal(cleared)) return cleared;
  for (const { name } of shape.directories) {
    const path = name === 'data' && options.data ? options.data : `${base}/${name}`;
    const made = await deps.scratch.make(projectId, path, shape.uid);
    if (isRefusal(made)) return made;
    directories[name] = made;
  }
  const tls = await deps.tls(instance.host);
  if (isRefusal(tls)) return tls;
  const texts = Object.entries(engine.files(instance, tls)).map(([name, content]) => [
    name,
    content instanceof Secret ? content.reveal() : content,
  ]);
  await writeFiles(directories.config!, Object.fromEntries(texts), {
    mode: 0o400,
    owner: hostUserOf(shape.uid),
  });

  const remove = async (): Promise<Outcome<void>> => {
    const gone = await deps.engine.containerRemove(container);
    return isRefusal(gone) ? gone : deps.scratch.remove(projectId, base);
  };
  const failed = async <T>(outcome: Outcome<T>): Promise<Outcome<T>> => {
    await remove();
    return outcome;
  };
  const filled = await options.fill?.(directories);
  if (isRefusal(filled)) return failed(filled);
  const image = await deps.image(shape.stack);
  if (isRefusal(image)) return failed(image);
  const places = shape.directories.map((one) => ({ ...one, source: directories[one.name]! }));
  const named = { name: container, labels: { 'bastide.bench': instance.id }, image };
  const started = await deps.engine.containerEnsure(isolatedServer(named, shape, instance, places));
  if (isRefusal(started)) return failed(started);
  const session: Session = {
    instance,
    run: (argv, stdin) => deps.engine.exec(container, argv, stdin),
    stream: (argv, stream) => deps.engine.execStream(container, argv, stream),
  };
  const ready = await untilReady(deps, engine, session, container, signal);
  if (isRefusal(ready)) return failed(ready);
  return { session, directories, remove, stop: () => deps.engine.containerStop(container) };
}

async function untilReady(
  deps: BackupsDeps,
  engine: DatabaseEngine,
  session: Session,
  container: string,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const words = async (): Promise<string> => {
    const lines: string[] = [];
    for await (const { text } of deps.engine.logs({ container }, { follow: false, tail: 5 }))
      lines.push(text);
    return lines.join(' | ');
  };
  for (let left = (READY_SECONDS * 1000) / POLL; left > 0 && !signal.aborted; left -= 1) {
    const ready = await engine.ready(session);
    if (!isRefusal(ready) && ready) return undefined;
    const found = await deps.engine.containers({ 'bastide.bench': session.instance.id });
    if (!isRefusal(found) && found.some((one) => one.name === container && one.state === 'exited')) break;
    await deps.sleep(POLL, signal);
  }
  return instanceNotReady(session.instance.name, READY_SECONDS, await words());
}
