import { expect, it } from 'vitest';
import { manifestOf } from './manifest.ts';

it('a stored manifest is parsed again: what is not one is a bug, what is not there yet is nothing', () => {
  expect(manifestOf({ manifest: null })).toBeNull();
  expect(() => manifestOf({ manifest: { plan: {}, origin: {} } })).toThrow();
});
