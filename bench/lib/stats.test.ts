import { expect, test } from 'vitest';
import { median, quantile, times } from './stats.ts';

test('quantiles are values that were measured', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.99)).toBe(10);
  expect(quantile([5], 0)).toBe(5);
  expect(median([])).toBeNaN();
});

test('the first call warms up and is not among the times', () => {
  let calls = 0;
  expect(
    times(3, () => {
      calls += 1;
    }),
  ).toHaveLength(3);
  expect(calls).toBe(4);
});
