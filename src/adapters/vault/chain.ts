import { createHash } from 'node:crypto';
import type { JournalEntry } from './port.ts';

export const FIRST = '0'.repeat(64);

/** What a line's hash is over: everything in it but the hash, in this order. */
export function hashOf(entry: Omit<JournalEntry, 'hash'>): string {
  const { seq, at, kind, user, address, method, path, count, previous } = entry;
  const text = JSON.stringify([seq, at, kind, user, address, method, path, count, previous]);
  return createHash('sha256').update(text).digest('hex');
}

type Link = Pick<JournalEntry, 'seq' | 'previous' | 'hash'>;

/** The number of the first line that does not follow the one before it; `before` is the last that is known, if any. */
export function brokenLink(links: readonly Link[], before?: Pick<Link, 'seq' | 'hash'>): number | undefined {
  let last = before;
  for (const link of links) {
    if (last && (link.seq !== last.seq + 1 || link.previous !== last.hash)) return link.seq;
    last = link;
  }
  return undefined;
}

/** The number of the first line whose content is not what its hash says, or that is not in the chain. */
export const brokenEntry = (entries: readonly JournalEntry[], links: readonly Link[]): number | undefined =>
  entries.find(
    (entry) =>
      hashOf(entry) !== entry.hash ||
      !links.some(
        ({ seq, hash, previous }) => seq === entry.seq && hash === entry.hash && previous === entry.previous,
      ),
  )?.seq;
