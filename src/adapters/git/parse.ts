import type { Refusal } from '../../kernel/refusal.ts';
import type { JailRun, JailUse } from '../jail/port.ts';
import { gitTimeout, notFound, tooBig, unreachable } from './errors.ts';

/** The commit that rev-parse said. */
export const parseCommit = (tail: readonly string[]): string | undefined =>
  tail.find((line) => /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(line));

/** Why a fetch did not end well. */
export function explain(run: JailRun, use: JailUse, where: string, ref: string, seconds: number): Refusal {
  if (run.ended === 'timeout') return gitTimeout(seconds);
  const said = run.tail.join('\n');
  if (use.outOfMemoryKills > 0 || /no space left on device/i.test(said)) return tooBig();
  if (
    /couldn't find remote ref|not found|could not read Username|Authentication failed|not our ref|HTTP 40[134]|error: 40[134]/i.test(
      said,
    )
  )
    return notFound(where, ref);
  const last = run.tail.filter((line) => line.trim() !== '').at(-1) ?? 'it said nothing';
  return unreachable(where, last.slice(0, 200));
}
