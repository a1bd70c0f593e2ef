import { expect, test } from 'vitest';
import { emptyQueryTally, querySummary } from './queries-model.ts';

test('failures are counted with their reasons, and none is shown as none', () => {
  const tally = {
    ...emptyQueryTally(),
    sent: 10,
    connects: 2,
    failed: { '57P01': 2, '28P01': 1 },
    latencies: [3, 1, 2],
  };
  expect(querySummary(tally)).toEqual({
    sent: 10,
    connects: 2,
    failed: 3,
    why: '2 × 57P01; 1 × 28P01',
    p50: 2,
    p99: 3,
    max: 3,
  });
  expect(querySummary(emptyQueryTally())).toMatchObject({ failed: 0, why: '–', p99: null });
});
