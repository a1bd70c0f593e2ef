/** A line of the platform's list, and whether it is as it was signed. */
export interface Listed {
  readonly id: string;
  readonly snapshot: string;
  readonly signed: boolean;
}

/** What the vault shows. `ours`: this platform made it. */
export interface Shown {
  readonly id: string;
  readonly ours: boolean;
  readonly takenAt: number;
}

export interface Inventory {
  readonly missing: readonly string[];
  readonly forged: readonly string[];
  /** Ids of snapshots. */
  readonly unknown: readonly string[];
}

/** A clock that is wrong is so by less. */
const AHEAD = 3_600_000;

/** A removed snapshot is invisible to the repository's own check; here it is not. */
export function inventory(list: readonly Listed[], shown: readonly Shown[], now: number): Inventory {
  const there = new Set(shown.map((one) => one.id));
  const listed = new Set(list.map((one) => one.snapshot));
  return {
    missing: list.filter((one) => !there.has(one.snapshot)).map((one) => one.id),
    forged: list.filter((one) => !one.signed).map((one) => one.id),
    // One that came after we began to look may be on the list by now; but nothing comes from days ahead.
    unknown: shown
      .filter((one) => !one.ours && !listed.has(one.id) && (one.takenAt < now || one.takenAt > now + AHEAD))
      .map((one) => one.id),
  };
}
