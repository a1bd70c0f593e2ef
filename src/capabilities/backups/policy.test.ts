import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR } from './model.ts';
import {
  generationIsOver,
  isDue,
  isOverdue,
  lastDue,
  mayRotate,
  minuteOf,
  nextDue,
  type SourceState,
} from './policy.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const daily = { everyHours: 24, atMinute: 90 };
const source = (over: Partial<SourceState> = {}): SourceState => ({
  policy: daily,
  createdAt: at('2026-11-01T00:00'),
  lastAt: at('2026-11-21T01:31'),
  failures: 0,
  failedAt: null,
  ...over,
});

describe('when a backup is due', () => {
  it('is once a day, at its minute', () => {
    expect(isDue(source(), at('2026-11-22T01:29'))).toBe(false);
    expect(isDue(source(), at('2026-11-22T01:30'))).toBe(true);
    expect(isDue(source({ lastAt: at('2026-11-22T01:30') }), at('2026-11-22T23:00'))).toBe(false);
  });

  it('is at once for what was never backed up, and never where somebody said so', () => {
    expect(isDue(source({ lastAt: null }), at('2026-11-22T00:00'))).toBe(true);
    const off = { everyHours: null, atMinute: 0 };
    expect(isDue(source({ lastAt: null, policy: off }), at('2026-11-22T00:00'))).toBe(false);
  });

  it('waits longer after each failure, an hour at most', () => {
    const failedAt = at('2026-11-22T02:00');
    const waits = [1, 2, 3, 4, 5, 9].map((failures) => {
      const failed = source({ failures, failedAt });
      let minutes = 0;
      while (!isDue(failed, failedAt + minutes * 60_000)) minutes += 1;
      return minutes;
    });
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('is as often as wanted over any time, however late the look', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 168 }),
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: at('2020-01-01T00:00'), max: at('2040-01-01T00:00') }),
        (everyHours, atMinute, now) => {
          const policy = { everyHours, atMinute };
          const due = lastDue(policy, now)!;
          expect(due).toBeLessThanOrEqual(now);
          expect(now - due).toBeLessThan(everyHours * HOUR);
          expect(nextDue(policy, now)).toBe(due + everyHours * HOUR);
          // Backed up once since, it is not due again before the next round.
          expect(isDue(source({ policy, lastAt: now }), now)).toBe(false);
          expect(isDue(source({ policy, lastAt: now }), due + everyHours * HOUR)).toBe(true);
        },
      ),
    );
  });
});

it('is overdue two hours after it should have been there', () => {
  expect(isOverdue(source(), at('2026-11-22T03:31'))).toBe(false);
  expect(isOverdue(source(), at('2026-11-22T03:32'))).toBe(true);
  expect(isOverdue(source({ lastAt: null }), at('2026-11-02T02:01'))).toBe(true);
});

it('spreads sources over the day', () => {
  const minutes = Array.from({ length: 500 }, (_, i) => minuteOf(`source-${i}`));
  const hours = new Set(minutes.map((minute) => Math.floor(minute / 60)));
  expect(hours.size).toBe(24);
  expect(Math.max(...minutes)).toBeLessThan(1440);
});

it('begins a generation each month', () => {
  expect(generationIsOver(at('2026-11-01T00:00'), at('2026-11-30T23:59'))).toBe(false);
  expect(generationIsOver(at('2026-11-30T23:59'), at('2026-12-01T00:00'))).toBe(true);
  expect(generationIsOver(at('2025-11-30T00:00'), at('2026-11-01T00:00'))).toBe(true);
});

it('begins another one on demand, once an hour', () => {
  const now = at('2026-11-22T12:00');
  expect(mayRotate([], now)).toBe(true);
  expect(mayRotate([{ createdAt: at('2026-11-22T11:01') }], now)).toBe(false);
  expect(mayRotate([{ createdAt: at('2026-11-22T11:00') }], now)).toBe(true);
  const one = [{ createdAt: at('2026-11-22T11:59') }, { createdAt: at('2026-11-01T00:00') }];
  expect(mayRotate(one, now), 'a vault was dead at the first attempt').toBe(true);
});
