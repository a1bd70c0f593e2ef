/**
 * Hands out places for builds: at most `count` at once, the one that `prefers` where it is free. Nobody takes the last
 * place who holds another: an owner's builds may run for long, and others' must not wait for them.
 */
export function makeSlots(count: number) {
  const free = new Set(Array.from({ length: count }, (_, n) => n));
  const holders = new Map<number, string | undefined>();
  const waiting: {
    prefers: number;
    owner: string | undefined;
    give: (slot: number | undefined) => void;
  }[] = [];
  const share = Math.max(1, count - 1);
  const mayTake = (owner: string | undefined): boolean =>
    free.size > 0 &&
    (owner === undefined || [...holders.values()].filter((holder) => holder === owner).length < share);
  const pick = (prefers: number, owner: string | undefined): number => {
    const slot = free.has(prefers) ? prefers : [...free][0]!;
    free.delete(slot);
    holders.set(slot, owner);
    return slot;
  };
  return {
    /** Waits for a place; an aborted wait answers undefined. */
    take(prefers: number, signal?: AbortSignal, owner?: string): Promise<number | undefined> {
      if (mayTake(owner)) return Promise.resolve(pick(prefers, owner));
      return new Promise((resolve) => {
        const turn = { prefers, owner, give: resolve };
        waiting.push(turn);
        signal?.addEventListener('abort', () => {
          const at = waiting.indexOf(turn);
          if (at < 0) return;
          waiting.splice(at, 1);
          resolve(undefined);
        });
      });
    },
    give(slot: number): void {
      holders.delete(slot);
      free.add(slot);
      for (const turn of [...waiting]) {
        if (!mayTake(turn.owner)) continue;
        waiting.splice(waiting.indexOf(turn), 1);
        turn.give(pick(turn.prefers, turn.owner));
      }
    },
  };
}

/** The slot whose cache a project uses when it is free: always the same one. */
export function homeSlot(projectId: string, count: number): number {
  let hash = 0;
  for (const char of projectId) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return hash % count;
}
