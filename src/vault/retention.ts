/** What the keeper remembers of a repository, by its own clock alone. */
export interface Kept {
  /** Milliseconds since 1970 when its first snapshot was seen; null: none yet. */
  readonly firstSnapshotAt: number | null;
  /** How many objects it had, and when that last became more. */
  readonly objects: number;
  readonly addedAt: number;
  /** Seconds that this vault ran while a later generation had a snapshot and nothing was added to this one. */
  readonly succeededSeconds: number;
}

export type Ledger = Readonly<Record<string, Kept>>;

export interface Seen {
  /** `<user>/<name>-<n>`. */
  readonly id: string;
  readonly snapshots: number;
  readonly objects: number;
}

const GENERATION = /^(.+)-(\d{1,6})$/;
const DAY = 86_400_000;
/** A clock that leaps does not make time pass: one look counts for an hour at most. */
const MOST = 3600;

export const generationOf = (id: string): { readonly line: string; readonly n: number } | undefined => {
  const match = GENERATION.exec(id);
  return match ? { line: match[1] ?? '', n: Number(match[2]) } : undefined;
};

/** The first snapshot of any later generation, by the vault's clock. */
export function succeededAt(id: string, ledger: Ledger): number | undefined {
  const own = generationOf(id);
  const times = Object.entries(ledger).flatMap(([other, { firstSnapshotAt }]) => {
    const of = generationOf(other);
    const later = own && of && of.line === own.line && of.n > own.n;
    return later && firstSnapshotAt !== null ? [firstSnapshotAt] : [];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The ledger after a look around; `elapsed` is seconds since the last one, by a clock that cannot be set. */
export function remember(ledger: Ledger, seen: readonly Seen[], now: number, elapsed: number): Ledger {
  const passed = Math.min(Math.max(elapsed, 0), MOST);
  const dated: Record<string, Kept> = {};
  for (const { id, snapshots, objects } of seen) {
    const was = ledger[id] ?? { firstSnapshotAt: null, objects: 0, addedAt: now, succeededSeconds: 0 };
    const firstSnapshotAt = was.firstSnapshotAt ?? (snapshots > 0 ? now : null);
    dated[id] =
      objects > was.objects
        ? { firstSnapshotAt, objects, addedAt: now, succeededSeconds: 0 }
        : { ...was, firstSnapshotAt, objects };
  }
  return Object.fromEntries(
    Object.entries(dated).map(([id, kept]) => [
      id,
      succeededAt(id, dated) === undefined || kept.addedAt === now
        ? kept
        : { ...kept, succeededSeconds: kept.succeededSeconds + passed },
    ]),
  );
}

/**
 * When it may go: its retention after a later generation's first snapshot and after its own last object. So a later
 * generation that somebody made up takes nothing away from one that is in use. Undefined for the newest of its line, for what is held, and for what has no number. */
export function removableAt(
  id: string,
  ledger: Ledger,
  retentionDays: number,
  held: ReadonlySet<string>,
): number | undefined {
  const since = succeededAt(id, ledger);
  if (since === undefined || held.has(id)) return undefined;
  return Math.max(since, ledger[id]?.addedAt ?? since) + retentionDays * DAY;
}

/** What goes now: its time is over by the date, and that much time has really passed here. */
export function due(
  ledger: Ledger,
  now: number,
  retentionDays: number,
  held: ReadonlySet<string>,
): readonly string[] {
  return Object.entries(ledger).flatMap(([id, { succeededSeconds }]) => {
    const at = removableAt(id, ledger, retentionDays, held);
    return at !== undefined && now >= at && succeededSeconds * 1000 >= retentionDays * DAY ? [id] : [];
  });
}
