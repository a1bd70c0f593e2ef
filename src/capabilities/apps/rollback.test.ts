import { expect, test } from 'vitest';
import { rollbackWords } from './rollback.ts';

test('a rollback says which config vars are of then, by name and never by value', () => {
  const then = { COLOR: { sealed: 'a' }, OLD: { sealed: 'b' }, SAME: { sealed: 'c' } };
  const now = { COLOR: { sealed: 'x' }, NEW: { sealed: 'd' }, SAME: { sealed: 'c' } };
  expect(rollbackWords(then, now)).toBe(
    'It runs with the config vars of then (set anew since then: COLOR; not there then: NEW; unset since then: OLD). What is set now stays, and counts again from the next deploy or config:set on.',
  );
  expect(rollbackWords(then, then)).toBe('Its config vars are those that are set now.');
});
