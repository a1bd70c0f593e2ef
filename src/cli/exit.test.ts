import { expect, it } from 'vitest';
import { configUnset, scaleInvalid } from '../capabilities/apps/errors.ts';
import { guessedApp, notConfirmed } from './errors.ts';
import { exitCodeOf } from './exit.ts';
import { ApiRefusal } from './refusal.ts';

it('tells a mistake on the line from what is not there and from what was not permitted', () => {
  expect(exitCodeOf(scaleInvalid('web=-1'))).toBe(2);
  expect(exitCodeOf(notConfirmed('shop'))).toBe(3);
  expect(exitCodeOf(configUnset('NOPE'))).toBe(4);
});

it('reads the API by its status, also where the CLI guessed the name', () => {
  const refused = new ApiRefusal(404, { code: 'app_not_found', message: 'You have no app tmp', next: 'x' });
  expect(exitCodeOf(refused)).toBe(4);
  expect(guessedApp(refused).next).toContain('--app');
});
