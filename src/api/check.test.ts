import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { seal } from '../adapters/envelope/seal.ts';
import { checkRows } from './check.ts';
import { publicRoute, type Row } from './route.ts';
import { PUBLIC, routeTable } from './table.ts';

test('the table has no fault, and seventeen public routes', () => {
  const rows = routeTable({ domain: 'localhost', seal });
  expect(() => checkRows(rows, PUBLIC)).not.toThrow();
  expect(rows.filter((row) => row.form === 'public').map((row) => row.operationId)).toEqual([
    'health',
    'bootstrapSession',
    'signIn',
    'joinWithInvitation',
    'recoverAccount',
    'startPasskeySignIn',
    'signInWithPasskey',
    'startDeviceLogin',
    'finishDeviceLogin',
    'listSsoProviders',
    'startSsoSignIn',
    'answerSso',
    'finishSsoSignIn',
    'exchangeCiToken',
    'beginSshSession',
    'enrolProber',
    'openApi',
  ]);
});

describe('a table with a fault does not start', () => {
  const rows = routeTable({ domain: 'localhost', seal });
  const good = {
    method: 'GET',
    path: '/v1/x',
    operationId: 'x',
    permission: { action: 'account:read', resource: 'self' },
    summary: 'x',
    response: z.object({}),
    handler: async () => ({}),
  } as const;
  test.each([
    ['no permission', { ...good, form: 'json', permission: undefined }, 'no permission'],
    [
      'an unknown action',
      { ...good, form: 'json', permission: { action: 'x:y', resource: 'self' } },
      'no such action',
    ],
    ['no response schema', { ...good, form: 'json', response: undefined }, 'no response schema'],
    [
      'a scope that the path does not name',
      { ...good, form: 'json', permission: { action: 'apps:read', resource: 'app' } },
      'no :app',
    ],
    ['the same address twice', { ...good, form: 'json', path: '/v1/apps' }, 'twice'],
    ['public, not on the list', publicRoute({ ...good, permission: 'public' }), 'not on the list'],
  ])('%s', (_, row, message) => {
    expect(() => checkRows([...rows, row as unknown as Row], PUBLIC)).toThrow(message);
  });
});
