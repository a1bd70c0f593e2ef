import { afterAll, describe, expect, test } from 'vitest';
import { openText } from '../../adapters/envelope/platform.ts';
import { codeOf } from '../../api/testing.ts';
import { must } from '../../kernel/refusal.ts';
import { REDIRECT, ssoWorld } from './testing/sso.ts';

const { api, idp, agent, operator, p, call, provider, begin, through, linked, close } = await ssoWorld();
afterAll(close);

describe('an operator', () => {
  test('gives a client secret that the API cannot read again and no answer, log or row shows', async () => {
    const secret = idp.secret.reveal();
    const row = await api.t.db.selectFrom('sso_providers').selectAll().executeTakeFirstOrThrow();
    expect(row.sent_secret).toBeNull();
    expect(must(await openText(agent.deps.roots, `sso:${row.id}`, row.wrapped_secret!)).reveal()).toBe(
      secret,
    );
    const shown = await call('GET', '/v1/platform/sso', { token: operator });
    expect(shown.json()).toMatchObject({
      providers: [{ name: 'corp', ready: true, failure: null, redirectUri: REDIRECT }],
    });
    const everything = JSON.stringify([
      shown.body,
      api.logged,
      await api.t.db.selectFrom('audit_log').selectAll().execute(),
      await api.t.db.selectFrom('operations').selectAll().execute(),
      await api.t.db.selectFrom('operation_log').selectAll().execute(),
    ]);
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
  });

  test('is told when a provider does not answer as one, and nobody signs in with it', async () => {
    const body = { ...provider(), name: 'wrong', issuer: `${idp.issuer}/elsewhere` };
    expect((await call('POST', '/v1/platform/sso', { token: operator, body })).statusCode).toBe(202);
    await agent.work();
    const { providers } = (await call('GET', '/v1/platform/sso', { token: operator })).json() as {
      providers: { name: string; ready: boolean; failure: string }[];
    };
    const wrong = providers.find(({ name }) => name === 'wrong')!;
    expect(wrong).toMatchObject({ ready: false, failure: expect.stringContaining('does not answer as one') });
    expect((await call('GET', '/v1/sessions/sso')).json()).toEqual({ providers: ['corp'] });
    const start = await call('POST', '/v1/sessions/sso', { body: { provider: 'wrong' } });
    expect(codeOf(start)).toBe('sso_provider_not_ready');
  });

  test.each([
    'http://id.example.org',
    'https://id.example.org/?x=1',
    'https://u:p@id.example.org',
    'file:///x',
  ])('cannot name %s an issuer', async (issuer) => {
    const body = { ...provider(), name: 'other', issuer };
    expect((await call('POST', '/v1/platform/sso', { token: operator, body })).statusCode).toBe(422);
  });

  test('of somebody else’s organization names none, and neither does its owner', async () => {
    const { organizationId } = await api.world('acme');
    const owner = await api.account('owner', organizationId);
    expect(codeOf(await call('GET', '/v1/platform/sso', { token: owner }))).toBe('access_denied');
    const refused = await call('POST', '/v1/platform/sso', { token: owner, body: provider() });
    expect(codeOf(refused)).toBe('access_denied');
  });

  test('replaces the secret, and removes a provider with every link to it', async () => {
    const put = (clientSecret: string) =>
      call('PUT', '/v1/platform/sso/corp/secret', { token: operator, body: { clientSecret } });
    await linked('last-there');
    await put('not the secret');
    await agent.work();
    expect(codeOf(await through(await begin(), 'last-there'))).toBe('sso_refused');
    await put(idp.secret.reveal());
    await agent.work();
    expect((await through(await begin(), 'last-there')).statusCode).toBe(201);
    const gone = await call('DELETE', '/v1/platform/sso/corp', { token: operator });
    expect(gone.json()).toMatchObject({ name: 'corp', links: expect.any(Number) });
    expect(codeOf(await call('POST', '/v1/sessions/sso', { body: { provider: 'corp' } }))).toBe(
      'sso_provider_unknown',
    );
    expect(await api.t.db.selectFrom('sso_links').selectAll().execute()).toEqual([]);
  });
});

test('browsers that go away and never come back are counted, and so are answers that wait', async () => {
  const body = { ...provider(), name: 'again' };
  await call('POST', '/v1/platform/sso', { token: operator, body });
  await agent.work();
  const start = (from: string) =>
    call('POST', '/v1/sessions/sso', { body: { provider: 'again' }, headers: p.from(from) });
  const codes = new Set<string | undefined>();
  for (let tries = 0; tries < 61; tries += 1) codes.add(codeOf(await start('203.0.113.7')));
  expect(codes).toEqual(new Set([undefined, 'sso_busy']));
  expect((await start('198.51.100.200')).statusCode).toBe(201);
});
