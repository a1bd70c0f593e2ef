/** The value below which a share of them lies (nearest rank); NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The one in the middle; of an even number the lower of the two, so that it is one that was measured. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Times a function: milliseconds of each call after one that does not count. */
export function times(rounds: number, work: () => void): number[] {
  work();
  return Array.from({ length: rounds }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
}
