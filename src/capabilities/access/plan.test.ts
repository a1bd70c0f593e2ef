import { expect, test } from 'vitest';
import { planCheck, planFinish, planKeys } from './plan.ts';

test('a provider is asked about itself once an operation', () => {
  expect(planCheck('p', 'o', false)).toMatchObject([
    { capability: 'access', kind: 'check-provider', input: { providerId: 'p', operationId: 'o' } },
  ]);
  expect(planCheck('p', 'o', true)).toEqual([]);
});

test('a login that waits is exchanged, and one that is done, failed or gone is not', () => {
  expect(planFinish('l', true)).toMatchObject([
    { capability: 'access', kind: 'finish-sso', input: { loginId: 'l' } },
  ]);
  expect(planFinish('l', false)).toEqual([]);
});

test('keys are fetched once an operation', () => {
  const issuer = 'https://ci.example.org';
  expect(planKeys(issuer, 'o', false)).toMatchObject([
    { capability: 'access', kind: 'fetch-keys', input: { issuer, operationId: 'o' } },
  ]);
  expect(planKeys(issuer, 'o', true)).toEqual([]);
});
