import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { slotOf } from '../jail/layout.ts';
import type { Jail, Jails } from '../jail/port.ts';
import { cacheBytes, cacheFile, trimCaches } from './caches.ts';
import * as commands from './commands.ts';
import { baseRefused, buildCancelled, cacheBroken } from './errors.ts';
import { takeLayout } from './layout.ts';
import { logLimit } from './log.ts';
import { explain, saysCacheBroken, stackOf } from './parse.ts';
import type { Builder, BuildJob, BuiltImage } from './port.ts';
import { renderFiles, storePlace } from './render.ts';
import { homeSlot, makeSlots } from './slots.ts';
import { ensureStore } from './stores.ts';

export interface BuilderDeps {
  readonly jails: Jails;
  /** The unpacked root file system of the builder stack. */
  readonly rootfs: () => Promise<Outcome<string>>;
  /** State directory, root only: caches, stores, results. */
  readonly dir: string;
  /** Builds at once; two unless told. */
  readonly slots?: number;
}

export function makeBuilder(deps: BuilderDeps): Builder {
  const count = deps.slots ?? 2;
  const slots = makeSlots(count);
  const inUse = new Set<string>();
  return {
    async build(job, onLine, signal) {
      const slot = await slots.take(homeSlot(job.projectId, count), signal, job.owner);
      if (slot === undefined) return buildCancelled();
      const cache = cacheFile(deps.dir, job.projectId, slot, job.stacks);
      inUse.add(cache);
      try {
        await trimCaches(deps.dir, inUse);
        const limited = logLimit(onLine);
        const built = await buildIn(deps, slot, cache, job, limited, signal);
        if (!isRefusal(built) || built.details?.cacheBroken !== true) return built;
        limited('(The layer cache was damaged and is made anew.)');
        await rm(cache, { force: true });
        return await buildIn(deps, slot, cache, job, limited, signal);
      } finally {
        inUse.delete(cache);
        slots.give(slot);
      }
    },
    async sweep() {
      let removed = await deps.jails.sweep();
      const out = join(deps.dir, 'out');
      for (const name of await readdir(out).catch(() => [])) {
        await rm(join(out, name), { recursive: true, force: true });
        removed += 1;
      }
      return { removed };
    },
  };
}

async function buildIn(
  deps: BuilderDeps,
  slot: number,
  cache: string,
  job: BuildJob,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<Outcome<BuiltImage>> {
  const started = performance.now();
  const rootfs = await deps.rootfs();
  if (isRefusal(rootfs)) return rootfs;
  const readOnlyVolumes: Record<string, string> = {};
  for (const stack of job.stacks) {
    const store = await ensureStore(deps, slot, rootfs, stack);
    if (isRefusal(store)) return store;
    readOnlyVolumes[storePlace(stack.name)] = store;
  }
  // A cache may fill half of its disk; the other half is what this build was promised.
  if ((await cacheBytes(cache)) > job.limits.diskBytes) await rm(cache, { force: true });
  const hadCache = existsSync(cache);
  const jail = await deps.jails.open({
    slot,
    rootfs,
    volume: cache,
    limits: { ...job.limits, diskBytes: job.limits.diskBytes * 2 },
    files: renderFiles(
      job.stacks.map((stack) => stack.name),
      job.dockerfile,
    ),
    readOnly: { '/src': job.sourceDir },
    readOnlyVolumes,
  });
  if (isRefusal(jail)) return hadCache ? cacheBroken(jail) : jail;
  let full = false;
  try {
    const built = await buildAndTake(deps, jail, slot, job, onLine, signal);
    full = isRefusal(built) && built.code === 'build_disk';
    if (isRefusal(built)) return hadCache && saysCacheBroken(built.message) ? cacheBroken(built) : built;
    const { memoryPeakBytes } = await jail.use();
    return { ...built, memoryPeakBytes, seconds: (performance.now() - started) / 1000 };
  } finally {
    await jail.close();
    if (full) await rm(cache, { force: true });
  }
}

async function buildAndTake(
  deps: BuilderDeps,
  jail: Jail,
  slot: number,
  job: BuildJob,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<Outcome<Pick<BuiltImage, 'layout' | 'stack'>>> {
  const names = job.stacks.map((stack) => stack.name);
  await prepareOut(jail, slot, job);
  for (const command of [commands.build(), commands.push(job.id)]) {
    const run = await jail.run(command, onLine, signal);
    if (isRefusal(run)) return run;
    if (run.code !== 0 || run.ended) return explain(run, await jail.use(), job.limits, names);
  }
  const layout = join(deps.dir, 'out', job.id);
  await rm(layout, { recursive: true, force: true });
  const diffIds = await takeLayout(jail.volumeDir, job.id, layout);
  await rm(join(jail.volumeDir, 'out', job.id), { recursive: true, force: true });
  const stack = isRefusal(diffIds) ? undefined : stackOf(diffIds, job.stacks);
  if (isRefusal(diffIds) || stack === undefined) {
    await rm(layout, { recursive: true, force: true });
    return isRefusal(diffIds) ? diffIds : baseRefused('no stack (scratch, or a base of its own)', names);
  }
  return { layout, stack };
}

/**
 * Empty files stand for the stacks' layers, so that the push does not compress them again (4 s less); the registry
 * takes those layers from the stack and never from here. Made before any stranger's program has run in this job.
 */
async function prepareOut(jail: Jail, slot: number, job: BuildJob): Promise<void> {
  const { base } = slotOf(slot);
  const out = join(jail.volumeDir, 'out');
  for (const old of await readdir(out)) await rm(join(out, old), { recursive: true, force: true });
  if (!/^[0-9a-z-]{1,64}$/i.test(job.id)) throw new RangeError(`odd build id ${job.id}`);
  let at = out;
  for (const part of [job.id, 'blobs', 'sha256']) {
    at = join(at, part);
    await mkdir(at, { mode: 0o700 });
    await chown(at, base, base);
  }
  for (const id of new Set(job.stacks.flatMap((stack) => stack.diffIds))) {
    const file = join(at, id.slice('sha256:'.length));
    await writeFile(file, '', { mode: 0o600, flag: 'wx' });
    await chown(file, base, base);
  }
}
