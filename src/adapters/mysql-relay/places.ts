/** Counts what is taken by name, and takes no more than `most` of any. */
export function places(most: number) {
  const taken = new Map<string, number>();
  return {
    take(name: string): boolean {
      const now = taken.get(name) ?? 0;
      if (now >= most) return false;
      taken.set(name, now + 1);
      return true;
    },
    give(name: string): void {
      const now = (taken.get(name) ?? 0) - 1;
      if (now > 0) taken.set(name, now);
      else taken.delete(name);
    },
    /** How many names have something. */
    get names(): number {
      return taken.size;
    },
  };
}
