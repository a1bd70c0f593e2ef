import { PassThrough } from 'node:stream';
import type { DatabaseEngine, Manifest, Session } from '../../../adapters/databases/port.ts';
import { isRefusal, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { databaseCopyDiffers } from '../errors.ts';

/** The first thing in which two contents differ, in words; undefined where they are equal. */
export function difference(from: Manifest, to: Manifest): string | undefined {
  const there = new Map(to.tables.map((table) => [table.name, table]));
  for (const table of from.tables) {
    const copy = there.get(table.name);
    if (!copy) return `${table.name} is missing`;
    if (copy.rows !== table.rows) return `${table.name} has ${copy.rows} rows instead of ${table.rows}`;
    if (copy.checksum !== table.checksum) return `${table.name} has other content`;
  }
  if (to.tables.length !== from.tables.length) return 'it has more tables';
  return undefined;
}

/**
 * From one server to another through the agent, and compared. Nothing is kept in memory. `schema`: whether the
 * definitions must be equal to the letter; two versions may spell them differently.
 */
export async function copyContent(
  from: { readonly engine: DatabaseEngine; readonly session: Session },
  to: { readonly engine: DatabaseEngine; readonly session: Session },
  options: { readonly schema: boolean; readonly signal: AbortSignal },
): Promise<Outcome<Manifest>> {
  const pipe = new PassThrough();
  // Both ends hear of an error by themselves.
  pipe.on('error', () => undefined);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const dumping = from.engine.dump(from.session, pipe, signal).then((dumped) => {
    // A dump that broke must not look like one that ended.
    if (isRefusal(dumped)) pipe.destroy(new Error(dumped.message));
    else pipe.end();
    return dumped;
  });
  const restored: Outcome<void> = await to.engine.restore(to.session, pipe, signal);
  if (isRefusal(restored)) {
    stop.abort();
    pipe.destroy();
  }
  const dumped: Manifest | Refusal = await dumping;
  if (isRefusal(dumped)) return dumped;
  if (isRefusal(restored)) return restored;
  const copied = await to.engine.manifest(to.session, options.signal);
  if (isRefusal(copied)) return copied;
  const differs =
    difference(dumped, copied) ??
    (options.schema && dumped.schema !== copied.schema ? 'its definitions differ' : undefined);
  return differs ? databaseCopyDiffers(differs) : dumped;
}
