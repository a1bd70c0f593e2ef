import { expect, test } from 'vitest';
import { secondsOf, stateOf } from './plan.ts';

const now = new Date('2026-03-01T10:00:00Z');
const [past, future] = [new Date(now.getTime() - 1000), new Date(now.getTime() + 1000)];
const asked = { decision: null, expires_at: future, until: null, ended_at: null } as const;
const approved = { ...asked, decision: 'approved', until: future } as const;

test.each([
  ['waiting', asked],
  ['lapsed', { ...asked, expires_at: past }],
  ['lapsed', { ...asked, expires_at: now }],
  ['declined', { ...asked, decision: 'declined' }],
  ['live', approved],
  ['live', { ...approved, expires_at: past }],
  ['ended', { ...approved, until: past }],
  ['ended', { ...approved, until: now }],
  ['ended', { ...approved, ended_at: past }],
  ['ended', { ...asked, ended_at: past }],
] as const)('%s: %j', (state, row) => {
  expect(stateOf(row, now)).toBe(state);
});

test('times are between a minute and what is allowed at most', () => {
  const read = ['1m', '90m', '1h', '2h30m', '8h'].map((text) => secondsOf(text, 28_800));
  expect(read).toEqual([60, 5400, 3600, 9000, 28_800]);
  for (const text of ['', '0m', '8h1m', '1d', '1', '-1h', '1h 2m', '30s', '1h30'])
    expect(secondsOf(text, 28_800), text).toBeUndefined();
  expect(secondsOf('61m', 3600)).toBeUndefined();
});
