import { z } from 'zod';
import { quantile } from './stats.ts';

/** A sort of request, sent so many times a second. */
export const Kind = z.strictObject({
  name: z.string(),
  method: z.enum(['GET', 'POST']),
  path: z.string(),
  keepAlive: z.boolean(),
  perSecond: z.number(),
});
export type Kind = z.infer<typeof Kind>;

export const LoadSpec = z.strictObject({
  host: z.string(),
  address: z.string(),
  /** PEM of the authority to trust. */
  ca: z.string(),
  /** Source addresses, taken in turn. */
  from: z.array(z.string()).min(1),
  timeoutMs: z.number(),
  kinds: z.array(Kind).min(1),
});
export type LoadSpec = z.infer<typeof LoadSpec>;

/** 250 requests a second. */
export const KINDS: readonly Kind[] = [
  { name: 'GET', method: 'GET', path: '/', keepAlive: true, perSecond: 150 },
  { name: 'GET, new connection', method: 'GET', path: '/', keepAlive: false, perSecond: 30 },
  { name: 'POST', method: 'POST', path: '/', keepAlive: true, perSecond: 40 },
  { name: 'GET 400 ms', method: 'GET', path: '/?ms=400', keepAlive: true, perSecond: 15 },
  { name: 'POST 400 ms', method: 'POST', path: '/?ms=400', keepAlive: true, perSecond: 15 },
];

/** What became of the requests that were sent in one phase. */
export const Tally = z.object({
  sent: z.record(z.string(), z.int()),
  /** Kind, then reason, to how often. */
  failed: z.record(z.string(), z.record(z.string(), z.int())),
  /** Milliseconds of the ordinary GETs that were answered. */
  latencies: z.array(z.number()),
  /** Milliseconds by which the client itself was late at most: a starved client measures itself. */
  late: z.number(),
});
export type Tally = z.infer<typeof Tally>;

export const emptyTally = (): Tally => ({ sent: {}, failed: {}, latencies: [], late: 0 });

/** Counts a request that has ended; `why` says what was wrong with it. */
export function add(tally: Tally, kind: string, ms: number, why: string | undefined): void {
  tally.sent[kind] = (tally.sent[kind] ?? 0) + 1;
  if (why === undefined) {
    if (kind === 'GET') tally.latencies.push(Math.round(ms * 100) / 100);
    return;
  }
  const reasons = tally.failed[kind] ?? {};
  tally.failed[kind] = { ...reasons, [why]: (reasons[why] ?? 0) + 1 };
}

export function late(tally: Tally, ms: number): void {
  tally.late = Math.max(tally.late, Math.round(ms));
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

/** In a line: how many were sent and failed, which and why, and how long the GETs took. */
export function summary(tally: Tally) {
  const failures = Object.entries(tally.failed);
  return {
    sent: sum(tally.sent),
    failed: failures.reduce((all, [, reasons]) => all + sum(reasons), 0),
    why:
      failures
        .flatMap(([kind, reasons]) => Object.entries(reasons).map(([why, n]) => `${n} × ${kind}: ${why}`))
        .join('; ') || '–',
    p50: quantile(tally.latencies, 0.5),
    p99: quantile(tally.latencies, 0.99),
    max: quantile(tally.latencies, 1),
    late: tally.late,
  };
}
