import type { OperationKind } from './capability.ts';

/** How many places of a lane one organization may hold on a node, and one account of it. */
interface Share {
  readonly organization: number;
  readonly account: number;
}

/** A number of places on a node, and which operations may take them. */
export interface Lane {
  readonly kinds: readonly string[];
  /** Set: kept for what the platform does for itself, and for these kinds. */
  readonly keptFor?: readonly string[];
  readonly places: number;
  readonly share: Share;
}

/** For whoever shares with nobody. */
export const ALONE: Pick<Lane, 'keptFor' | 'share'> = { share: { organization: 1000, account: 1000 } };

/** Places of a node; `kept` are there besides both of the others. */
export interface Places {
  readonly changes: number;
  readonly streams: number;
  readonly kept: number;
}

/**
 * How many operations may wait, of one organization and of one account in it. What ends something may be asked for
 * past that, up to twice as many: whoever has filled the queue must still be able to close a way in.
 */
export const QUEUED: Share = { organization: 200, account: 100 };

/** Verbs that end something: short, and nobody should wait for them behind what others do. */
const ENDING = new Set(['close', 'destroy', 'detach', 'remove', 'suspend', 'unbind']);

/** PURE. Whether a kind of operation (`capability.verb`) ends something. */
export const ends = (kind: string): boolean => ENDING.has(kind.slice(kind.indexOf('.') + 1));

/**
 * PURE. The lanes of a node. No organization holds more than half of the changes or three eighths of the streams, and no
 * account more than a quarter of the streams; in what is kept each has one place.
 */
export function lanesOf(
  kinds: Iterable<Pick<OperationKind, 'kind' | 'stream'>>,
  { changes, streams, kept }: Places,
): Lane[] {
  const all = [...kinds];
  const named = (stream: boolean) => all.filter((k) => (k.stream ?? false) === stream).map((k) => k.kind);
  const part = (places: number, share: number) => Math.max(1, Math.floor(places * share));
  const one: Share = { organization: 1, account: 1 };
  const half = part(changes, 1 / 2);
  return [
    { kinds: named(false), places: changes, share: { organization: half, account: half } },
    {
      kinds: named(true),
      places: streams,
      share: { organization: part(streams, 3 / 8), account: part(streams, 1 / 4) },
    },
    ...[false, true].map((stream) => {
      const mine = named(stream);
      return { kinds: mine, keptFor: mine.filter(ends), places: kept, share: one };
    }),
  ];
}
