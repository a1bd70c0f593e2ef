import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { people } from '../capabilities/access/testing/people.ts';
import { hashToken, newToken } from '../capabilities/access/tokens.ts';
import { newId } from '../kernel/id.ts';
import { caller, codeOf, type TestApi, testApi } from './testing.ts';

/** Rights that somebody has not, had, or would like to have had before. */
let api: TestApi;
const call = caller(() => api);
const who = people(() => api, { now: () => new Date(), pass: () => {} });

beforeAll(async () => {
  api = await testApi();
  await api.server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => api.close());

/** An invitation into an organization, as an owner would have made it. */
async function invited(organizationId: string, email: string): Promise<string> {
  const token = newToken('bsi').reveal();
  const { id } = await who.account('owner', organizationId);
  await api.t.db
    .insertInto('invitations')
    .values({
      id: newId(),
      organization_id: organizationId,
      email,
      role: 'viewer',
      hash: hashToken(token),
      invited_by: id,
      expires_at: new Date(Date.now() + 60_000),
    })
    .execute();
  return token;
}

async function bootstrapToken(): Promise<string> {
  const token = newToken('bsb').reveal();
  await api.t.db
    .insertInto('bootstrap_tokens')
    .values({ hash: hashToken(token), expires_at: new Date(Date.now() + 60_000) })
    .execute();
  return token;
}

describe('the bootstrap token', () => {
  test('makes no operator of a customer who has the name', async () => {
    const { organizationId } = await api.world('mallorys');
    const customer = await who.account('viewer', organizationId);
    const token = await bootstrapToken();
    const answer = await call('POST', '/v1/sessions/bootstrap', { body: { token, account: customer.name } });
    expect(codeOf(answer)).toBe('account_taken');
    const plane = await api.t.db
      .selectFrom('memberships')
      .select('role')
      .where('account_id', '=', customer.id)
      .where('organization_id', 'is', null)
      .execute();
    expect(plane).toEqual([]);
    // Nothing was spent: the operator chooses another name.
    const again = await call('POST', '/v1/sessions/bootstrap', { body: { token, account: 'root' } });
    expect(again.statusCode).toBe(201);
  });

  test.each(['root', 'admin', 'erased', 'unknown', 'prober-a', 'system'])(
    'nobody joins as %s',
    async (name) => {
      const { organizationId } = await api.world(`names-${name}`);
      const invitation = await invited(organizationId, `${name}@example.org`);
      const body = { invitation, name, password: 'quartz lemur 49 sandbank' };
      expect(codeOf(await call('POST', '/v1/accounts', { body }))).toBe('account_taken');
    },
  );
});

test('what a command brought to light is for whoever asked, not for a viewer who finds the operation', async () => {
  const world = await api.world('alpha');
  const [developer, viewer] = [
    await api.account('developer', world.organizationId),
    await api.account('viewer', world.organizationId),
  ];
  const asked = await call('POST', '/v1/apps/alpha/config/reveal', { token: developer });
  const { operationId } = asked.json() as { operationId: string };
  await api.t.db
    .insertInto('stream_chunks')
    .values({ operation_id: operationId, direction: 'output', source: 'PASSWORD', data: 'canary-7f3a' })
    .execute();
  await api.t.db
    .updateTable('operations')
    .set({ status: 'succeeded', finished_at: new Date() })
    .where('id', '=', operationId)
    .execute();
  const events = (token: string) => call('GET', `/v1/operations/${operationId}/events`, { token });
  expect((await events(developer)).body).toContain('canary-7f3a');
  const seen = await events(viewer);
  expect(seen.statusCode).toBe(200);
  expect(seen.body).not.toContain('canary-7f3a');
});

test('a device that was let in does not come in after its person signed out everywhere', async () => {
  const vera = await who.account();
  const { token } = await who.signUp(vera);
  const begun = (await call('POST', '/v1/sessions/device', { body: { device: 'a thief' } })).json() as {
    deviceCode: string;
    userCode: string;
  };
  expect((await call('POST', `/v1/account/devices/${begun.userCode}/approve`, { token })).statusCode).toBe(
    200,
  );
  expect((await call('DELETE', '/v1/account/sessions', { token })).statusCode).toBe(200);
  const body = { deviceCode: begun.deviceCode };
  expect(codeOf(await call('POST', '/v1/sessions/device/token', { body }))).toBe('device_refused');
});

test('a body that takes its time does nothing once its session has ended', async () => {
  const sven = await who.account();
  const { token } = await who.signUp(sven);
  const { port } = api.server.server.address() as AddressInfo;
  const body = JSON.stringify({ name: 'late' });
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': body.length + 10,
    };
    const slow = request(
      { port, host: '127.0.0.1', method: 'POST', path: '/v1/account/tokens', headers },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    ).on('error', reject);
    slow.write(' '.repeat(10));
    // Longer than a decision is good for.
    setTimeout(() => {
      void call('DELETE', '/v1/account/sessions', { token }).then(() => slow.end(body));
    }, 1500);
  });
  expect(answer).toBe(401);
  const made = await api.t.db
    .selectFrom('api_tokens')
    .select('id')
    .where('account_id', '=', sven.id)
    .execute();
  expect(made).toEqual([]);
});

describe('the audit log', () => {
  test('forgets nobody who is still here, least of all the one who asks', async () => {
    const operator = await api.account('operator');
    const { name } = (await call('GET', '/v1/account', { token: operator })).json() as { name: string };
    const erase = (account: string) =>
      call('POST', '/v1/platform/audit/erase', { token: operator, body: { account } });
    for (const account of [name, 'unknown', 'system:alerts'])
      expect(codeOf(await erase(account)), account).toBe('audit_account_used');
    const gone = await who.account();
    await api.t.db
      .updateTable('accounts')
      .set({ disabled_at: new Date() })
      .where('id', '=', gone.id)
      .execute();
    expect((await erase(gone.name)).statusCode).toBe(202);
  });

  test.each([
    ['/v1/platform/audit/erase', { account: 'ann' }],
    ['/v1/root-keys/rotate', undefined],
    ['/v1/root-keys/retire', { reason: 'because' }],
  ])('%s asks an operator’s bare token for the second factor', async (path, body) => {
    const operator = await api.account('operator');
    const { name } = (await call('GET', '/v1/account', { token: operator })).json() as { name: string };
    const { id } = await api.t.db
      .selectFrom('accounts')
      .select('id')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    await api.t.db
      .insertInto('totp_factors')
      .values({ account_id: id, seed: Buffer.from('x'), confirmed_at: new Date() })
      .execute();
    const answer = await call('POST', path, { token: operator, ...(body ? { body } : {}) });
    expect(codeOf(answer)).toBe('step_up_needed');
  });
});
