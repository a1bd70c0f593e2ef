import { expect, test } from 'vitest';
import { numbers } from './options.ts';

test('numbers come from the command line, else from the defaults', () => {
  expect(numbers({ rounds: 5, seconds: 4 }, ['--rounds=2'])).toEqual({ rounds: 2, seconds: 4 });
});

test('what is no number, or unknown, is an error', () => {
  expect(() => numbers({ rounds: 5 }, ['--rounds=many'])).toThrow('--rounds');
  expect(() => numbers({ rounds: 5 }, ['--round=2'])).toThrow('--round');
});
