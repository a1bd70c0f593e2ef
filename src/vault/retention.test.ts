import { expect, test } from 'vitest';
import { due, generationOf, type Ledger, remember, removableAt } from './retention.ts';

const DAY = 86_400_000;
const none: ReadonlySet<string> = new Set();
const START = 1_800_000_000_000;

/** Looks around every half hour for so many days. */
function live(
  days: number,
  seen: (day: number) => { id: string; snapshots: number; objects: number }[],
  from: Ledger = {},
) {
  let ledger = from;
  let gone: readonly string[] = [];
  for (let look = 0; look <= days * 48; look += 1) {
    const day = look / 48;
    ledger = remember(ledger, seen(day), START + day * DAY, 1800);
    gone = due(ledger, START + day * DAY, 30, none);
  }
  return { ledger, gone };
}
const first = { id: 'u/p-1', snapshots: 3, objects: 9 };
const second = { id: 'u/p-2', snapshots: 1, objects: 4 };

test('the newest generation stays for ever', () => {
  expect(live(400, () => [first]).gone).toEqual([]);
});

test('an older one goes its retention after its successor had a snapshot, and not before', () => {
  const world = (day: number) => [first, ...(day >= 1 ? [{ ...second, snapshots: day >= 2 ? 1 : 0 }] : [])];
  expect(live(31, world).gone).toEqual([]);
  expect(live(33, world).gone).toEqual(['u/p-1']);
  const { ledger } = live(3, world);
  expect(removableAt('u/p-1', ledger, 30, none)).toBe(START + 32 * DAY);
  expect(removableAt('u/p-2', ledger, 30, none)).toBeUndefined();
});

test('a generation that somebody made up takes nothing from one that is in use', () => {
  const fake = { id: 'u/p-999999', snapshots: 1, objects: 1 };
  const used = (day: number) => [{ ...first, objects: 9 + Math.floor(day) }, fake];
  expect(live(200, used).gone).toEqual([]);
});

test('a clock that leaps a year does not make time pass', () => {
  const { ledger } = live(1, () => [first, second]);
  const leapt = remember(ledger, [first, second], START + 400 * DAY, 400 * 86_400);
  expect(due(leapt, START + 400 * DAY, 30, none)).toEqual([]);
});

test('neither does a vault that was switched off', () => {
  const { ledger } = live(1, () => [first, second]);
  expect(due(remember(ledger, [first, second], START + 40 * DAY, 0), START + 40 * DAY, 30, none)).toEqual([]);
});

test('what is held stays, and what has no number is nobody’s generation', () => {
  const { ledger } = live(40, () => [first, second]);
  expect(due(ledger, START + 40 * DAY, 30, none)).toEqual(['u/p-1']);
  expect(due(ledger, START + 40 * DAY, 30, new Set(['u/p-1']))).toEqual([]);
  expect(generationOf('u/p')).toBeUndefined();
});

test("another platform's generation is not a successor", () => {
  expect(live(60, () => [first, { ...second, id: 'other/p-2' }]).gone).toEqual([]);
});
