import { expect, it } from 'vitest';
import { isRefusal, must, Refusal, refusalFrom } from './refusal.ts';

const refusal = new Refusal('app_not_found', 'There is no app shop', 'See: bastide apps', { name: 'shop' });

it('survives being stored and read again', () => {
  const back = refusalFrom(JSON.parse(JSON.stringify(refusal)));
  expect(back).toEqual(refusal);
  expect(isRefusal(back)).toBe(true);
});

it('is not mistaken for an outcome, nor an outcome for it', () => {
  for (const other of [undefined, null, {}, { ...refusal }, new Error('x')])
    expect(isRefusal(other)).toBe(false);
});

it('throws where only a bug of ours can refuse', () => {
  expect(() => must(refusal)).toThrow('app_not_found: There is no app shop (See: bastide apps)');
  expect(must(7)).toBe(7);
});
