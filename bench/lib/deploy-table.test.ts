import { expect, it } from 'vitest';
import { deployTable, untilLive } from './deploy-table.ts';

it('counts until the new release serves, on both sides', () => {
  expect(untilLive({ build: 2, start: 1, 'stop the old': 19 })).toBe(3);
  expect(untilLive({ 'apps.buildImage': 2, 'apps.start': 1, 'apps.stop': 4, total: 8 })).toBe(4);
});

it('takes ratios within a round, and shows what came afterwards as such', () => {
  const ours = [{ total: 2 }, { 'apps.stop': 4, total: 8 }, { 'apps.stop': 4, total: 14 }];
  const bare = [{ build: 1 }, { build: 3, 'stop the old': 9 }, { build: 9 }];
  const { rows } = deployTable('Warm', ours, bare);
  expect(rows.slice(0, 2)).toEqual([
    ['Bastide, from upload to live', 4, '1'],
    ['the same steps by hand', 3, '0.75'],
  ]);
  expect(rows.map(([name]) => name)).toContain('Bastide: apps.stop, afterwards');
});
