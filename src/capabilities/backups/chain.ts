import { createHash } from 'node:crypto';
import { tagValue } from './origin.ts';
import { isSegment } from './parse.ts';

/** Write-ahead log of one database's history, as one snapshot of the vault has it. */
export interface Shipped {
  readonly snapshot: string;
  readonly databaseId: string;
  readonly incarnation: number;
  /** Names of the files in it. */
  readonly files: readonly string[];
  /** Over the names and contents. */
  readonly digest: string;
  readonly first: string;
  readonly last: string;
  /** Everything committed before is in it, or in what was shipped before it; null: nobody said. */
  readonly coversUntil: Date | null;
}

/** Over name and SHA-256 of each file. */
export const filesDigest = (files: readonly { readonly name: string; readonly sha256: string }[]): string =>
  createHash('sha256')
    .update(
      [...files]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, sha256 }) => `${sha256} ${name}\n`)
        .join(''),
    )
    .digest('hex');

/** What is said of WAL beside it, and signed there. */
export const walTags = (of: {
  readonly databaseId: string;
  readonly incarnation: number;
  readonly digest: string;
  readonly coversUntil: Date | null;
}): string[] => [
  'kind:wal',
  `source:${of.databaseId}`,
  `incarnation:${of.incarnation}`,
  `files:${of.digest}`,
  ...(of.coversUntil ? [`covers:${of.coversUntil.getTime()}`] : []),
];

/** Without the timeline, which is in front. */
const place = (segment: string): string => segment.slice(8);

export function parseShipped(snapshot: {
  readonly id: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
}): Shipped | undefined {
  const [databaseId, incarnation, digest, covers] = ['source', 'incarnation', 'files', 'covers'].map((name) =>
    tagValue(snapshot, name),
  );
  const files = snapshot.paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
  const segments = files.filter(isSegment).sort((a, b) => (place(a) < place(b) ? -1 : 1));
  if (!snapshot.tags.includes('kind:wal') || !databaseId || !digest || segments.length === 0)
    return undefined;
  if (!/^[1-9]\d{0,8}$/.test(incarnation ?? '')) return undefined;
  return {
    snapshot: snapshot.id,
    databaseId,
    incarnation: Number(incarnation),
    files,
    digest,
    first: segments[0]!,
    last: segments.at(-1)!,
    coversUntil: /^\d{1,15}$/.test(covers ?? '') ? new Date(Number(covers)) : null,
  };
}

/**
 * Of what was shipped of one history the fewest that have everything, oldest first: each block was shipped again and
 * again while it grew. What `listed` has is had already.
 */
export function fewest(shipped: readonly Shipped[], listed: ReadonlySet<string>): Shipped[] {
  const had = new Set(listed);
  const taken: Shipped[] = [];
  const order = [...shipped].sort(
    (a, b) =>
      (place(a.last) < place(b.last) ? 1 : place(a.last) > place(b.last) ? -1 : 0) ||
      b.files.length - a.files.length,
  );
  for (const one of order) {
    if (one.files.every((name) => had.has(name))) continue;
    for (const name of one.files) had.add(name);
    taken.push(one);
  }
  return taken.reverse();
}

const numberOf = (segment: string): number =>
  Number.parseInt(segment.slice(8, 16), 16) * 256 + Number.parseInt(segment.slice(16), 16);

/** The last segment up to which none is lacking from `from` on; undefined where even that one is. */
export function unbroken(names: readonly string[], from: string): string | undefined {
  const by = new Map<number, string>();
  for (const name of names.filter(isSegment).sort()) by.set(numberOf(name), name);
  let last: string | undefined;
  for (let at = numberOf(from); by.has(at); at += 1) last = by.get(at);
  return last;
}

/** How many segments `reached` is short of `wanted`; none where it is there or beyond. */
export const shortBy = (reached: string, wanted: string): number =>
  Math.max(0, numberOf(wanted) - numberOf(reached));
