/** Hands out places for builds: at most `count` at once, the one that `prefers` where it is free. */
export function makeSlots(count: number) {
  const free = new Set(Array.from({ length: count }, (_, n) => n));
  const waiting: { prefers: number; give: (slot: number) => void }[] = [];
  const pick = (prefers: number): number | undefined => (free.has(prefers) ? prefers : [...free][0]);
  return {
    /** Waits for a place; an aborted wait answers undefined. */
    take(prefers: number, signal?: AbortSignal): Promise<number | undefined> {
      const slot = pick(prefers);
      if (slot !== undefined) {
        free.delete(slot);
        return Promise.resolve(slot);
      }
      return new Promise((resolve) => {
        const turn = { prefers, give: resolve };
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
      const next = waiting.shift();
      if (next) next.give(slot);
      else free.add(slot);
    },
  };
}

/** The slot whose cache a project uses when it is free: always the same one. */
export function homeSlot(projectId: string, count: number): number {
  let hash = 0;
  for (const char of projectId) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return hash % count;
}
