import { expect, test } from 'vitest';
import { add, emptyTally, KINDS, LoadSpec, late, summary } from './tally.ts';

test('what failed is counted by kind and reason; latency is that of ordinary GETs', () => {
  const tally = emptyTally();
  add(tally, 'GET', 1, undefined);
  add(tally, 'GET', 3, undefined);
  add(tally, 'GET', 9, 'HTTP 503');
  add(tally, 'POST', 400, 'ECONNRESET');
  add(tally, 'POST', 400, 'ECONNRESET');
  add(tally, 'POST', 400, undefined);
  for (const ms of [10, 40.4, 20]) late(tally, ms);
  expect(summary(tally)).toEqual({
    sent: 6,
    failed: 3,
    why: '1 × GET: HTTP 503; 2 × POST: ECONNRESET',
    p50: 1,
    p99: 3,
    max: 3,
    late: 40,
  });
});

test('the load is 250 requests a second', () => {
  expect(KINDS.reduce((sum, { perSecond }) => sum + perSecond, 0)).toBe(250);
  expect(() =>
    LoadSpec.parse({ host: 'a', address: 'b', ca: '', from: [], timeoutMs: 1, kinds: KINDS }),
  ).toThrow();
});
