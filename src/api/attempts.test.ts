import { describe, expect, test } from 'vitest';
import { Attempts } from './attempts.ts';

const HOUR = 3_600_000;
/** Tries as often as it is let, a second apart; gives how many were let through. */
function campaign(attempts: Attempts, from: (n: number) => string, seconds: number, perSecond = 1): number {
  let through = 0;
  let n = 0;
  for (let second = 0; second < seconds; second++)
    for (let i = 0; i < perSecond; i++) {
      n += 1;
      if (attempts.take({ account: 'ada', network: from(n), known: false }, second * 1000) === 0)
        through += 1;
    }
  return through;
}

describe('a guessing campaign', () => {
  test('of 10,000 tries from one network is stopped', () => {
    expect(campaign(new Attempts(), () => 'n', 1000, 10)).toBeLessThan(20);
  });

  test('of 10,000 tries from 1,000 networks is stopped, and the owner signs in from where he did before', () => {
    const attempts = new Attempts();
    expect(campaign(attempts, (n) => `n${n % 1000}`, 1000, 10)).toBeLessThan(60);
    const owner = { account: 'ada', network: 'home', known: true };
    expect(attempts.take(owner, 1_000_000)).toBe(0);
    attempts.succeeded(owner);
  });

  test('lets the owner in from a new network after a minute at most', () => {
    const attempts = new Attempts();
    campaign(attempts, (n) => `n${n}`, 1000, 10);
    const wait = attempts.take({ account: 'ada', network: 'hotel', known: false }, 1_000_000);
    expect(wait).toBeLessThanOrEqual(60);
    expect(attempts.take({ account: 'ada', network: 'hotel', known: false }, 1_000_000 + wait * 1000)).toBe(
      0,
    );
  });

  test('from a network of many accounts hinders no owner who has been there', () => {
    const attempts = new Attempts();
    for (let i = 0; i < 500; i++) attempts.take({ account: `a${i}`, network: 'office', known: false }, i);
    expect(attempts.take({ account: 'eve', network: 'office', known: false }, 600)).toBeGreaterThan(0);
    expect(attempts.take({ account: 'ada', network: 'office', known: true }, 600)).toBe(0);
  });
});

test('a hundred tries at once are counted before they are judged', () => {
  const attempts = new Attempts();
  const one = { account: 'ada', network: 'n', known: false };
  expect(Array.from({ length: 100 }, () => attempts.take(one, 0)).filter((wait) => wait === 0)).toHaveLength(
    5,
  );
});

test('the right one is forgotten, an hour forgets all', () => {
  const attempts = new Attempts();
  const one = { account: 'ada', network: 'n', known: true };
  for (let i = 0; i < 4; i++) attempts.take(one, 0);
  attempts.succeeded(one);
  for (let i = 0; i < 5; i++) expect(attempts.take(one, 0)).toBe(0);
  expect(attempts.take(one, 0)).toBeGreaterThan(0);
  expect(attempts.take(one, HOUR + 1)).toBe(0);
});

test('a number that is never exceeded', () => {
  const attempts = new Attempts();
  expect([1, 2, 3].map(() => attempts.within('session', 2, 0))).toEqual([true, true, false]);
  expect(attempts.within('session', 2, HOUR)).toBe(true);
});

test('a flood of addresses that do not exist forgets no campaign', () => {
  const attempts = new Attempts();
  for (let i = 0; i < 5; i++) attempts.take({ account: 'ada', network: 'n', known: true }, 0);
  for (let i = 0; i < 60_000; i++) attempts.take({ account: `x${i}`, network: `y${i}`, known: true }, 1);
  expect(attempts.take({ account: 'ada', network: 'n', known: true }, 500)).toBeGreaterThan(0);
});
