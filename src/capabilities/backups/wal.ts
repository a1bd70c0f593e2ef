import { isArchived, isSegment } from './parse.ts';

/** At `at`, everything that was committed is in `segment` or before it. */
export interface Mark {
  readonly at: Date;
  readonly segment: string;
}

/** Without the timeline, which is in front: a segment's place in the history. */
const place = (segment: string): string => segment.slice(8);

/** The newest moment up to which everything committed is in the segments up to `shipped`. */
export function coversUntil(marks: readonly Mark[], shipped: string): Date | null {
  const covered = marks.filter((mark) => place(mark.segment) <= place(shipped));
  return covered.reduce<Date | null>((best, { at }) => (best && best >= at ? best : at), null);
}

/** Marks that may still tell something. */
export const stillOpen = (marks: readonly Mark[], shipped: string): Mark[] =>
  marks.filter((mark) => place(mark.segment) > place(shipped));

export interface Spool {
  /** What is to be kept, in order. */
  readonly files: readonly string[];
  readonly first: string | null;
  readonly newest: string | null;
  /** Segments gave way because nobody took them: the chain is broken before `first`. */
  readonly gap: boolean;
}

export function spoolOf(names: readonly string[]): Spool {
  const files = names.filter(isArchived).sort();
  const segments = files.filter(isSegment).sort((a, b) => (place(a) < place(b) ? -1 : 1));
  return { files, first: segments[0] ?? null, newest: segments.at(-1) ?? null, gap: names.includes('GAP') };
}

/** Segments after which a block is finished: its files leave the spool, which holds four times as many. */
export const blockSize = (diskBytes: number): number =>
  Math.min(128, Math.max(4, Math.floor(diskBytes / (64 * 1024 * 1024) / 4)));

/** Whether the repository lacks something of the spool. */
export const isBehind = (spool: Spool, position: string | null): boolean =>
  spool.newest !== null && (position === null || place(position) < place(spool.newest));

/** A block is finished when it is long enough and every vault has all of it. */
export const isFinished = (spool: Spool, positions: readonly (string | null)[], size: number): boolean =>
  spool.newest !== null &&
  spool.files.filter(isSegment).length >= size &&
  positions.length > 0 &&
  positions.every((position) => !isBehind(spool, position));
