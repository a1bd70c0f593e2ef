import type { LabHost } from '../../test/lab/host.ts';

export interface Wrk {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 2xx and 3xx, and broken connections. */
  readonly errors: number;
}

/** How many of them are a millisecond. */
const UNIT: Readonly<Record<string, number>> = { us: 1000, ms: 1, s: 1 / 1000, m: 1 / 60_000 };

function duration(text: string, share: string): number {
  const [, value, unit] = new RegExp(`^\\s+${share}%\\s+([\\d.]+)(us|ms|s|m) *$`, 'm').exec(text) ?? [];
  return value === undefined ? Number.NaN : Number(value) / UNIT[unit!]!;
}

/** What `wrk --latency` printed. Throws where it measured nothing. */
export function parseWrk(text: string): Wrk {
  const requestsPerSecond = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(text)?.[1]);
  if (!(requestsPerSecond > 0) || Number.isNaN(duration(text, '99')))
    throw new Error(`wrk measured nothing:\n${text}`);
  const other = Number(/^\s*Non-2xx or 3xx responses: (\d+)$/m.exec(text)?.[1] ?? 0);
  const broken =
    /^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m.exec(text) ?? [];
  return {
    requests: Number(/^\s*(\d+) requests in /m.exec(text)?.[1]),
    requestsPerSecond,
    p50: duration(text, '50'),
    p99: duration(text, '99'),
    errors: broken.slice(1).reduce((sum, count) => sum + Number(count), other),
  };
}

/** Keep-alive GETs as fast as they are answered, over that many connections. */
export async function wrk(from: LabHost, url: string, connections: number, seconds: number): Promise<Wrk> {
  const argv = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', url];
  return parseWrk(await from.must(argv));
}
