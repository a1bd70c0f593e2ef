import { expect, it } from 'vitest';
import { Refusal } from '../kernel/refusal.ts';
import { asTyped } from './errors.ts';

it('says what was not taken without a place in a request, and where the command is described', () => {
  const fields = [
    { path: 'body.name', message: 'a name is lower-case letters' },
    { path: '', message: 'Invalid input' },
  ];
  const told = asTyped(new Refusal('request_invalid', 'of the route', 'the API', { fields }), 'apps:create');
  expect([told.message, told.next]).toEqual([
    'name: a name is lower-case letters; it: Invalid input',
    'See: bastide apps:create --help',
  ]);
});

it('leaves every other refusal as it is', () => {
  const refusal = new Refusal('app_not_found', 'There is no app x', 'See yours with: bastide apps');
  expect(asTyped(refusal, 'apps:info')).toBe(refusal);
});
