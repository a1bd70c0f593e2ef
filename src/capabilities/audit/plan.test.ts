import { expect, it } from 'vitest';
import { planErase, planVerify } from './plan.ts';

const kinds = (steps: readonly { kind: string }[]) => steps.map(({ kind }) => kind);

it('verifies once', () => {
  expect(kinds(planVerify(false, false))).toEqual(['verify']);
  expect(planVerify(true, false)).toEqual([]);
  expect(planVerify(false, true)).toEqual([]);
});

it('erases what is sealed, waits for the rest, and ends', () => {
  expect(kinds(planErase('ann', { sealed: 2, unsealed: 1 }, false))).toEqual(['erase']);
  expect(kinds(planErase('ann', { sealed: 0, unsealed: 1 }, false))).toEqual(['awaitSeal']);
  expect(planErase('ann', { sealed: 0, unsealed: 0 }, false)).toEqual([]);
  expect(planErase('ann', { sealed: 2, unsealed: 0 }, true)).toEqual([]);
});
