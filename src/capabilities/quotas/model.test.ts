import { expect, test } from 'vitest';
import { parseLimit, shownLimit } from './model.ts';

test('limits are read with a unit where they are bytes, and without one where they are not', () => {
  expect(parseLimit('apps', '20')).toBe(20);
  expect(parseLimit('storage', '50GiB')).toBe(50 * 1024 ** 3);
  expect(parseLimit('memory', 'default')).toBeNull();
  for (const [name, text] of [
    ['apps', '20GiB'],
    ['storage', '50'],
    ['apps', '-1'],
    ['apps', ''],
    ['storage', '999999999999TiB'],
  ] as const)
    expect(parseLimit(name, text), text).toBeUndefined();
  expect([shownLimit('apps', 3), shownLimit('storage', 1536 * 1024 ** 2)]).toEqual(['3', '1.5 GiB']);
});
