import { expect, test } from 'vitest';
import { content, insertRows } from './rows.ts';

test('every row once, in parts', () => {
  const parts = insertRows(5, 200_006).map((sql) =>
    /generate_series\((\d+), (\d+)\)/.exec(sql)!.slice(1).map(Number),
  );
  expect(parts).toEqual([
    [5, 100_004],
    [100_005, 200_004],
    [200_005, 200_006],
  ]);
  expect(insertRows(1, 0)).toEqual([]);
});

test('another salt is other content', () => {
  expect(content('x')).not.toBe(content());
});
