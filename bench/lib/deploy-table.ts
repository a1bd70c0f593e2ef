import type { Table } from './result.ts';
import { median } from './stats.ts';

/** Seconds by step; `total` where the whole was timed as well. */
export type Took = Readonly<Record<string, number>>;

/** What happens when the new release serves already: how long an old one may finish is a setting, not a speed. */
const AFTER = ['apps.retire', 'apps.stop', 'stop the old'];

/** Seconds until the new release served. */
export const untilLive = (took: Took): number => {
  const { total, ...steps } = took;
  const after = AFTER.reduce((sum, name) => sum + (steps[name] ?? 0), 0);
  return (total ?? Object.values(steps).reduce((sum, one) => sum + one, 0)) - after;
};

/** The middle of the ratios of what was done one right after the other. */
const ratio = (some: readonly Took[], others: readonly Took[]): string =>
  median(some.map((took, i) => untilLive(took) / untilLive(others[i]!))).toFixed(2);

const names = (all: readonly Took[]): string[] => [
  ...new Set(all.flatMap((took) => Object.keys(took).filter((name) => name !== 'total'))),
];

/** The platform's deploys beside the same ones by hand. */
export const deployTable = (title: string, ours: readonly Took[], bare: readonly Took[]): Table => {
  const rows = (who: string, some: readonly Took[]) =>
    names(some).map((name) => [
      `${who}: ${name}${AFTER.includes(name) ? ', afterwards' : ''}`,
      median(some.map((took) => took[name] ?? 0)),
      '',
    ]);
  return {
    title,
    columns: ['', 'seconds, median', 'share'],
    rows: [
      ['Bastide, from upload to live', median(ours.map(untilLive)), '1'],
      ['the same steps by hand', median(bare.map(untilLive)), ratio(bare, ours)],
      ...rows('Bastide', ours),
      ...rows('by hand', bare),
    ],
  };
};
