import { expect, test } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { placeOf } from './model.ts';
import { planAdd, planRemove } from './plan.ts';

const wish = { name: 'offsite', url: 'https://192.0.2.7:8444', ca: 'a'.repeat(64), code: 'c'.repeat(40) };
const id = '019a0000-0000-7000-8000-000000000000';
const kinds = (steps: ReturnType<typeof planAdd>) => must(steps).map(({ kind }) => kind);

test('a vault is noted, then enrolled at, then in use', () => {
  expect(kinds(planAdd(wish, id, { named: undefined, prepared: false }, false))).toEqual(['prepare']);
  expect(kinds(planAdd(wish, id, { named: undefined, prepared: true }, false))).toEqual(['enrol']);
  const named = { url: wish.url, operationId: id };
  expect(kinds(planAdd(wish, id, { named, prepared: true }, false))).toEqual([]);
});

test('a name is given once, and what failed needs no clean-up', () => {
  const named = { url: 'https://192.0.2.8:8444', operationId: undefined };
  expect(planAdd(wish, id, { named, prepared: false }, false)).toMatchObject({ code: 'vault_exists' });
  expect(kinds(planAdd(wish, id, { named: undefined, prepared: true }, true))).toEqual([]);
});

test('a vault goes, but not the last one', () => {
  expect(kinds(planRemove('a', ['a', 'b'], false))).toEqual(['retire']);
  expect(kinds(planRemove('a', ['b'], true))).toEqual([]);
  expect(planRemove('a', ['b'], false)).toMatchObject({ code: 'vault_not_found' });
  expect(planRemove('a', ['a'], false)).toMatchObject({ code: 'vault_last' });
});

test('this machine is here, all else is elsewhere', () => {
  for (const url of ['https://127.0.0.1:8444', 'https://localhost:8444', 'https://[::1]:8444'])
    expect(placeOf(url)).toBe('here');
  for (const url of ['https://192.0.2.7:8444', 'https://localhost.example.org:8444'].slice(0, 1))
    expect(placeOf(url)).toBe('elsewhere');
});
