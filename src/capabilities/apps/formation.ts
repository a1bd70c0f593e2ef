import type { Outcome } from '../../kernel/refusal.ts';
import { processNotFound } from './errors.ts';

type Formation = Readonly<Record<string, number>>;

/**
 * PURE. The formation with the numbers that were asked for. Refuses `process_not_found` for a process that the live
 * release does not have; one that is in the formation already may be set, so that it can go back to 0. Before the
 * first release every name is taken.
 */
export function scaled(
  current: Formation,
  asked: Formation,
  processes: readonly string[] | undefined,
): Outcome<Formation> {
  const known = processes && new Set([...processes, ...Object.keys(current)]);
  const unknown = known && Object.keys(asked).find((name) => !known.has(name));
  return unknown === undefined ? { ...current, ...asked } : processNotFound(unknown, processes ?? []);
}
