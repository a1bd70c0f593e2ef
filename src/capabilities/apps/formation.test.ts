import { expect, it } from 'vitest';
import { isRefusal } from '../../kernel/refusal.ts';
import { scaled } from './formation.ts';

it('sets what was asked for and keeps the rest', () => {
  expect(scaled({ web: 1 }, { worker: 2 }, ['web', 'worker'])).toEqual({ web: 1, worker: 2 });
});

it('refuses a process that the live release does not have, and names those that it has', () => {
  const refused = scaled({ web: 1 }, { wbe: 2 }, ['web', 'worker']);
  expect(isRefusal(refused) && [refused.code, refused.message]).toEqual([
    'process_not_found',
    'There is no process wbe; there is web, worker',
  ]);
});

it('lets a process of an earlier release go back to 0, and any name be set before the first release', () => {
  expect(scaled({ web: 1, old: 2 }, { old: 0 }, ['web'])).toEqual({ web: 1, old: 0 });
  expect(isRefusal(scaled({ web: 1, old: 2 }, { old: 3 }, ['web']))).toBe(true);
  expect(scaled({ web: 1 }, { worker: 2 }, undefined)).toEqual({ web: 1, worker: 2 });
});
