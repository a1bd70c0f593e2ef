import { expect, it } from 'vitest';
import { freshness, isDue, type Past, planObserve, planRun } from './plan.ts';

const H = 3_600_000;
const past = (over: Partial<Past>): Past => ({
  everyHours: 24,
  firstSeenAt: 0,
  triedAt: undefined,
  verdict: undefined,
  concludedAt: undefined,
  ...over,
});

it('is due until it was tried, then after its hours', () => {
  expect(isDue(past({}), 0)).toBe(true);
  expect(isDue(past({ triedAt: 0, verdict: 'held' }), 23 * H)).toBe(false);
  expect(isDue(past({ triedAt: 0, verdict: 'broken' }), 24 * H)).toBe(true);
});

it('is tried again sooner where it could not tell', () => {
  expect(isDue(past({ triedAt: 0, verdict: 'inconclusive' }), 6 * H)).toBe(true);
  expect(isDue(past({ triedAt: 0, verdict: 'held' }), 6 * H)).toBe(false);
});

it('is overdue after twice its hours without a verdict, tried or not', () => {
  expect(freshness(past({}), 49 * H)).toBe('overdue');
  expect(freshness(past({ triedAt: 48 * H, verdict: 'inconclusive', concludedAt: 0 }), 49 * H)).toBe(
    'overdue',
  );
  expect(freshness(past({ triedAt: 48 * H, verdict: 'held', concludedAt: 48 * H }), 49 * H)).toBe('fresh');
  expect(freshness(past({ triedAt: 0, verdict: 'held', concludedAt: 0 }), 30 * H)).toBe('due');
});

const run = (finished: boolean) => ({ control: 'data/x', finished, verdict: null, reason: null });

it('waits while a run is open, and ends it when that failed', () => {
  expect(planRun({ runs: [run(true)] }, false)).toEqual([]);
  expect(planRun({ runs: [run(true), run(false)] }, false)).toMatchObject([{ kind: 'await' }]);
  expect(planRun({ runs: [run(false)] }, true)).toMatchObject([{ kind: 'abandon' }]);
});

it('looks once', () => {
  const input = { look: { kind: 'vault-keys' as const }, projects: { a: 'x', b: 'y' } };
  expect(planObserve(input, false, false)).toMatchObject([{ capability: 'controls', kind: 'look', input }]);
  expect(planObserve(input, true, false)).toEqual([]);
  expect(planObserve(input, false, true)).toEqual([]);
});
