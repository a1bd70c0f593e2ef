import type { Runner } from '../../../adapters/exec/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { freeze, thaw } from '../commands.ts';
import { freezeFailed, volumeTooBusy } from '../errors.ts';

/** Longest standstill of a project's storage: its databases wait that long with writing. */
export const STANDSTILL_SECONDS = 45;

const held = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while the file system stands still. It is thawed in every case: afterwards, when the time is over, and
 * by `thawAll` at the agent's next start. Two never hold the same mount.
 */
export async function withFrozen<T>(
  run: Runner,
  mount: string,
  work: (signal: AbortSignal) => Promise<Outcome<T>>,
  seconds = STANDSTILL_SECONDS,
): Promise<Outcome<T>> {
  const before = held.get(mount);
  const mine = (async () => {
    await before?.catch(() => undefined);
    const frozen = await run.run(freeze(mount));
    if (isRefusal(frozen)) return frozen;
    if (frozen.code !== 0) return freezeFailed(frozen.stderr.trim().slice(0, 300));
    const late = new AbortController();
    // Thawed at the very moment: `work` may be slow to end.
    const timer = setTimeout(() => {
      late.abort();
      void run.run(thaw(mount));
    }, seconds * 1000);
    try {
      const outcome = await work(late.signal);
      return late.signal.aborted ? volumeTooBusy(seconds) : outcome;
    } finally {
      clearTimeout(timer);
      await run.run(thaw(mount));
    }
  })();
  held.set(mount, mine);
  try {
    return await mine;
  } finally {
    if (held.get(mount) === mine) held.delete(mount);
  }
}

/** What a killed agent left standing still goes on. A mount that is not frozen says so, and that is fine. */
export async function thawAll(run: Runner, mounts: readonly string[]): Promise<void> {
  for (const mount of mounts) await run.run(thaw(mount));
}
