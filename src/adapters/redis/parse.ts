import { createHash } from 'node:crypto';
import type { DatabaseInfo, Manifest } from '../databases/port.ts';

/** `name:value` lines of INFO. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at > 0 && !line.startsWith('#')) facts.set(line.slice(0, at), line.slice(at + 1));
  }
  return facts;
}

const SLOWEST = 5;

/** Statistics of the server by command: none of them has a value in it. */
function slowest(facts: ReadonlyMap<string, string>): DatabaseInfo['slow'] {
  return [...facts]
    .filter(([name]) => name.startsWith('cmdstat_'))
    .map(([name, value]) => {
      const calls = Number(/calls=(\d+)/.exec(value)?.[1] ?? 0);
      const micros = Number(/usec_per_call=([\d.]+)/.exec(value)?.[1] ?? 0);
      return {
        query: name.slice('cmdstat_'.length).replace('|', ' ').toUpperCase(),
        calls,
        meanMs: Math.round(micros / 10) / 100,
      };
    })
    .sort((a, b) => b.meanMs - a.meanMs)
    .slice(0, SLOWEST);
}

/** What INFO said, as facts; undefined where it is something else. */
export function parseFacts(text: string, maxConnections: number): DatabaseInfo | undefined {
  const facts = parseInfo(text);
  const version = facts.get('redis_version');
  if (version === undefined) return undefined;
  const number = (name: string) => Number(facts.get(name) ?? 0);
  const [hits, misses] = [number('keyspace_hits'), number('keyspace_misses')];
  return {
    version,
    sizeBytes: number('used_memory'),
    // The one that asks is not counted.
    connections: Math.max(0, number('connected_clients') - 1),
    maxConnections,
    cacheHit: hits + misses > 0 ? hits / (hits + misses) : null,
    slow: slowest(facts),
    extensions: [],
  };
}

/** One of the lines that end a snapshot's making. */
export const snapshotRuns = (info: string): boolean => parseInfo(info).get('rdb_bgsave_in_progress') === '1';
export const snapshotFailed = (info: string): boolean =>
  parseInfo(info).get('rdb_last_bgsave_status') !== 'ok';
export const logRuns = (info: string): boolean => {
  const facts = parseInfo(info);
  return facts.get('aof_rewrite_in_progress') === '1' || facts.get('aof_rewrite_scheduled') === '1';
};
export const logFailed = (info: string): boolean => parseInfo(info).get('aof_last_bgrewrite_status') !== 'ok';

const MASK = (1n << 128n) - 1n;

/**
 * Takes the lines of the keys as they come and makes a manifest of them. The sum of a hash of each line does not
 * depend on their order.
 */
export class KeyCount {
  readonly #found = new Map<string, { rows: number; sum: bigint }>();
  #rest = '';
  #whole = false;

  take(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === 'end') this.#whole = true;
    const database = /^(\d+) [0-9a-f]* [0-9a-f]{40}$/.exec(line)?.[1];
    if (database === undefined) return;
    const name = `db${database}`;
    const hash = createHash('md5').update(line);
    const known = this.#found.get(name) ?? { rows: 0, sum: 0n };
    this.#found.set(name, {
      rows: known.rows + 1,
      sum: (known.sum + BigInt(`0x${hash.digest('hex')}`)) & MASK,
    });
  }

  /** undefined unless the last line was there. `functions` is what the server has of code. */
  manifest(functions: string): Manifest | undefined {
    if (!this.#whole) return undefined;
    return {
      schema: createHash('sha256').update(functions).digest('hex'),
      tables: [...this.#found]
        .map(([name, { rows, sum }]) => ({ name, rows, checksum: sum.toString(16).padStart(32, '0') }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }
}
