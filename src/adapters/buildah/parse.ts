import type { Refusal } from '../../kernel/refusal.ts';
import type { JailRun, JailUse } from '../jail/port.ts';
import * as errors from './errors.ts';
import type { BuildLimits, StackLayout } from './port.ts';

const BASE = [
  /short-name "([^"]+)" did not resolve/,
  /(?:^|\s)([^\s:]+(?::[^\s:]+)*): image not known/,
  /Error: creating build container: .*"([^"]+)"/,
  /(?:initializing source|pinging container registry|Trying to pull) (?:docker:\/\/)?([^\s.]\S*?)(?:\.\.\.|:\s|$)/,
];

/** The image that buildah did not find or would have had to fetch, from its last lines. */
export function parseMissingBase(tail: readonly string[]): string | undefined {
  for (const line of tail.filter((each) => each.includes('rror') || each.includes('Trying to pull')))
    for (const pattern of BASE) {
      const image = pattern.exec(line)?.[1];
      if (image) return image;
    }
  return undefined;
}

/** Why a build that did not end well ended: the limits' own counters first, then what it said. */
export function explain(run: JailRun, use: JailUse, limits: BuildLimits, stacks: readonly string[]): Refusal {
  if (run.ended === 'cancelled') return errors.buildCancelled();
  if (run.ended === 'timeout') return errors.buildTimeout(limits.seconds);
  if (use.outOfMemoryKills > 0) return errors.buildMemory(limits.memoryBytes);
  if (use.refusedForks > 0) return errors.buildProcesses(limits.pids);
  const full = run.tail.some((line) => /no space left on device|ENOSPC/i.test(line));
  if (full || use.diskFreeBytes < 1024 ** 2) return errors.buildDisk(limits.diskBytes);
  const base = parseMissingBase(run.tail);
  if (base) return errors.baseRefused(base, stacks);
  return errors.buildFailed(run.tail.filter((line) => line.trim() !== '').slice(-15));
}

/** The stack that an image sits on: the one with most of its lowest layers. */
export function stackOf(diffIds: readonly string[], stacks: readonly StackLayout[]): StackLayout | undefined {
  return stacks
    .filter((stack) => stack.diffIds.length > 0 && stack.diffIds.every((id, n) => diffIds[n] === id))
    .sort((a, b) => b.diffIds.length - a.diffIds.length)[0];
}

/** Whether a failure is the layer cache's, as after a crash in the middle of a write. */
export const saysCacheBroken = (message: string): boolean =>
  /layer not known|structure needs cleaning|read-only file system|input\/output error/i.test(message);
