import type { Outcome } from '../../kernel/refusal.ts';
import { processNotFound } from './errors.ts';

type Formation = Readonly<Record<string, number>>;

/**
 * PURE. The formation with the numbers that were asked for. Refuses `process_not_found` for a process that the live
 * release does not have; one that is in the formation from before can go back to 0. Before the
 * first release every name is taken.
 */
export function scaled(
  current: Formation,
  asked: Formation,
  processes: readonly string[] | undefined,
): Outcome<Formation> {
  const unknown =
    processes &&
    Object.keys(asked).find((name) => !processes.includes(name) && !(asked[name] === 0 && name in current));
  return unknown === undefined ? { ...current, ...asked } : processNotFound(unknown, processes ?? []);
}
