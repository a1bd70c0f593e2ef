import { describe, expect, test } from 'vitest';
import { blocking, type Counted, counted, FORGET, keysOf, type Where } from './throttle.ts';

/** The table, in memory. */
function table() {
  let rows: Counted[] = [];
  return {
    /** Seconds to wait, or 0: let through and counted. */
    take(where: Partial<Where>, now: number): number {
      const keys = keysOf({ account: 'ada', address: '192.0.2.1', network: 'n', known: false, ...where });
      const names = keys.map((key) => JSON.stringify([key.kind, key.account, key.network]));
      const isMine = ({ kind, account, network }: Counted) =>
        names.includes(JSON.stringify([kind, account, network]));
      const mine = rows.filter(isMine);
      const until = blocking(mine, now)?.until;
      if (until !== undefined) return Math.ceil((until - now) / 1000);
      rows = [...rows.filter((row) => !isMine(row)), ...counted(keys, mine, now)];
      return 0;
    },
  };
}

/** Tries as often as it is let; gives how many were let through. */
function campaign(from: (n: number) => Partial<Where>, seconds: number, perSecond: number) {
  const { take } = table();
  let through = 0;
  for (let n = 0; n < seconds * perSecond; n++)
    if (take(from(n), Math.floor(n / perSecond) * 1000) === 0) through += 1;
  return { through, take };
}

describe('a guessing campaign', () => {
  test('of 10,000 tries from one network is stopped', () => {
    expect(campaign(() => ({}), 1000, 10).through).toBeLessThan(20);
  });

  test('of 10,000 tries from 1,000 networks is stopped, and the owner signs in from where he did before', () => {
    const { through, take } = campaign((n) => ({ network: `n${n % 1000}` }), 1000, 10);
    expect(through).toBeLessThan(60);
    expect(take({ network: 'home', known: true }, 1_000_000)).toBe(0);
  });

  test('lets the owner in from a new network after a minute at most', () => {
    const { take } = campaign((n) => ({ network: `n${n}` }), 1000, 10);
    const wait = take({ network: 'hotel' }, 1_000_000);
    expect(wait).toBeLessThanOrEqual(60);
    expect(take({ network: 'hotel' }, 1_000_000 + wait * 1000)).toBe(0);
  });

  test('from a network at many accounts hinders no owner who has been there', () => {
    const { through, take } = campaign((n) => ({ account: `a${n}`, network: 'office' }), 1, 500);
    expect(through).toBe(30);
    expect(take({ account: 'eve', network: 'office' }, 600)).toBeGreaterThan(0);
    expect(take({ network: 'office', known: true }, 600)).toBe(0);
  });

  test('at tokens counts for the address and, later, for its network', () => {
    const token = (n: number) => ({ account: '', address: `a${n}`, network: 'n' });
    expect(campaign(() => token(1), 1, 100).through).toBe(10);
    expect(campaign((n) => token(n % 10), 1, 1000).through).toBe(30);
  });
});

test('waits double, up to a quarter of an hour; an hour without a try forgets all', () => {
  const { take } = table();
  const waits: number[] = [];
  let now = 0;
  for (let n = 0; n < 20; n++) {
    const wait = take({ known: true }, now);
    if (wait > 0) waits.push(wait);
    now += wait * 1000;
    if (wait > 0) take({ known: true }, now);
  }
  expect(waits.slice(0, 3)).toEqual([1, 2, 4]);
  expect(Math.max(...waits)).toBe(900);
  for (let n = 0; n < 4; n++) expect(take({ known: true }, now + 900_000 + FORGET)).toBe(0);
});
