import { expect, it } from 'vitest';
import { failingKey, stillFailing } from './failing.ts';

const key = failingKey('dump', 'away');

it('fails until that very thing is well, or its vault is used no more', () => {
  const tried = (failed: string[], well: string[]) => ({ failed, well });
  expect(stillFailing([], tried([key], []), ['away', 'here'])).toEqual([key]);
  expect(stillFailing([key], tried([], ['dump:here', 'base:away']), ['away', 'here'])).toEqual([key]);
  expect(stillFailing([key], tried([], [key]), ['away', 'here'])).toEqual([]);
  expect(stillFailing([key], tried([], ['dump:here']), ['here'])).toEqual([]);
  expect(stillFailing([key], tried([key], []), ['away'])).toEqual([key]);
});
