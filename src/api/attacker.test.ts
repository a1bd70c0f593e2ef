import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBootstrapToken } from '../capabilities/access/bootstrap.ts';
import { PASSWORD, people, testClock } from '../capabilities/access/testing/people.ts';
import { renderOpenApi } from './openapi.ts';
import { codeOf, type TestApi, testApi } from './testing.ts';

/** Somebody with the API's own document, an account on the platform, and time. */
const clock = testClock();
let api: TestApi;
const p = people(() => api, clock);
const { call } = p;
let token: string;
let owner: string;

beforeAll(async () => {
  api = await testApi([], clock.now);
  const shop = await api.world('shop');
  token = (await p.signUp(await p.account('owner', shop.organizationId))).token;
  owner = await api.account('owner', shop.organizationId);
});
afterAll(() => api.close());

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>;
}
interface Documented {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
const documented = () => {
  const { paths } = renderOpenApi(api.rows) as { paths: Record<string, Record<string, Documented>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      url: path.replace(/\{\w+\}/g, 'x'),
      method: method.toUpperCase() as 'GET',
      operation,
    })),
  );
};
const open = () => new Set(api.rows.flatMap((row) => (row.form === 'public' ? [row.operationId] : [])));

test('an empty or missing secret opens nothing: every public route (Coolify CVE-2026-41896)', async () => {
  const opened: string[] = [];
  for (const { url, method, operation } of documented()) {
    if (!open().has(operation.operationId) || method === 'GET') continue;
    const properties = operation.requestBody?.content['application/json']?.schema.properties ?? {};
    const empty = Object.fromEntries(Object.keys(properties).map((name) => [name, '']));
    const nothing = Object.fromEntries(Object.keys(properties).map((name) => [name, null]));
    for (const [n, body] of [empty, nothing, {}, [], null, ''].entries()) {
      const headers = { 'x-forwarded-for': `192.0.${n}.1` };
      const answer = await call(method, url, { body, headers });
      if (answer.statusCode < 400) opened.push(`${operation.operationId} ${JSON.stringify(body)}`);
    }
  }
  // What a browser needs to sign in with a passkey is for anybody, takes nothing and proves nothing.
  expect(new Set(opened.map((one) => one.split(' ')[0]))).toEqual(new Set(['startPasskeySignIn']));
});

const LIES = {
  host: 'evil.example',
  forwarded: 'for=127.0.0.1;host=evil.example;proto=http',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'http',
  'x-forwarded-prefix': '/evil.example',
  'x-real-ip': '127.0.0.1',
  'x-client-ip': '127.0.0.1',
  'true-client-ip': '127.0.0.1',
  'cf-connecting-ip': '127.0.0.1',
  'x-original-url': '/v1/platform/audit',
  'x-rewrite-url': '/v1/platform/audit',
  'x-http-method-override': 'DELETE',
  'x-remote-user': 'admin',
  'x-forwarded-user': 'admin',
  'x-forwarded-email': 'admin@example.org',
  'x-bastide-actor': 'admin',
  origin: 'https://evil.example',
  referer: 'https://evil.example/',
};

describe('forged headers change no answer (Coolify CVE-2026-34198, CVE-2025-64422)', () => {
  test('of somebody who is signed in, or of nobody', async () => {
    for (const url of ['/v1/account', '/v1/organizations', '/v1/platform/audit', '/up']) {
      for (const mine of [token, undefined]) {
        const [plain, forged] = [
          await call('GET', url, { token: mine }),
          await call('GET', url, { token: mine, headers: LIES }),
        ];
        expect([forged.statusCode, forged.body], url).toEqual([plain.statusCode, plain.body]);
        expect(JSON.stringify(forged.headers), url).not.toContain('evil');
      }
    }
  });

  test('nor where a device is sent to be approved', async () => {
    const begun = await call('POST', '/v1/sessions/device', { body: { device: 'x' }, headers: LIES });
    expect(begun.statusCode).toBe(201);
    expect(begun.body).not.toContain('evil');
  });

  test('nor what is counted: the address is the one that the edge saw, whatever stands before it', async () => {
    await api.t.db.deleteFrom('throttles').execute();
    for (let n = 0; n < 6; n++) {
      const headers = { ...LIES, 'x-forwarded-for': `198.51.${n}.1, 203.0.113.77` };
      await call('POST', '/v1/sessions', {
        body: { email: 'ada@example.org', password: 'wrong and long enough' },
        headers,
      });
    }
    const rows = await api.t.db.selectFrom('throttles').select(['kind', 'network', 'tries']).execute();
    expect(new Set(rows.map(({ network }) => network))).toEqual(new Set(['203.0.113.0/24', '']));
    expect(rows.find(({ kind }) => kind === 'pair')?.tries).toBe(5);
  });
});

test('no answer may be framed, sniffed or kept: every route (Dokploy CVE-2026-24839)', async () => {
  for (const { url, method } of documented()) {
    const { headers } = await call(method, url);
    const at = `${method} ${url}`;
    expect(headers['content-security-policy'], at).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options'], at).toBe('nosniff');
    expect(headers['cache-control'], at).toBe('no-store');
    // Nowhere to be sent to, and no cookie that another site could make a browser send.
    expect([headers.location, headers['set-cookie'], headers['access-control-allow-origin']], at).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

test('another site can make a browser send nothing that counts: no cookie signs in, no form is taken', async () => {
  const cookies = { cookie: `token=${token}; session=${token}; bastide=${token}` };
  expect((await call('GET', '/v1/account', { headers: cookies })).statusCode).toBe(401);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const headers = { 'content-type': type };
    const answer = await call('POST', '/v1/sessions', { body: '{"email":"a@b.c","password":"x"}', headers });
    expect(answer.statusCode, type).toBe(415);
  }
});

test('a token that was changed anywhere is none', async () => {
  await api.t.db.deleteFrom('throttles').execute();
  const changed = (one: string) => [
    ...Array.from(one, (letter, n) => `${one.slice(0, n)}${letter === 'x' ? 'y' : 'x'}${one.slice(n + 1)}`),
    one.slice(0, -1),
    `${one}0`,
    one.toLowerCase(),
    one.replace(/^bst|^bss/, 'bsd'),
    one.replace(/^bst|^bss/, 'bsi'),
    `${one} ${one}`,
    `${one},${one}`,
  ];
  let n = 0;
  for (const one of [token, owner])
    for (const wrong of changed(one).filter((text) => text !== one)) {
      n += 1;
      const headers = { 'x-forwarded-for': `10.${n >> 8}.${n & 255}.1` };
      expect((await call('GET', '/v1/account', { token: wrong, headers })).statusCode, wrong).toBe(401);
    }
});

test('a one-time token that is used five times at once works once', async () => {
  const bootstrap = (await createBootstrapToken(api.t.db, clock.now())).reveal();
  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, n) =>
      call('POST', '/v1/sessions/bootstrap', {
        body: { token: bootstrap, account: 'admin' },
        headers: { 'x-forwarded-for': `192.0.2.${n}` },
      }),
    ),
  );
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 401, 401, 401, 401]);
});

test('words that a shell or a template would read are words in every field that takes them', async () => {
  const words = '$(id) `id` {{7*7}} \u0024{7*7} ; id | id && id';
  const headers = { 'x-bastide-reason': encodeURIComponent(words) };
  const made = await call('POST', '/v1/account/tokens', { token, body: { name: 'laptop' }, headers });
  expect(made.statusCode).toBe(201);
  const named = await call('POST', '/v1/account/tokens', { token, body: { name: words.slice(0, 40) } });
  expect([201, 422]).toContain(named.statusCode);
  const audit = await api.t.db
    .selectFrom('audit_log')
    .select('reason')
    .where('reason', 'is not', null)
    .execute();
  expect(audit.map(({ reason }) => reason)).toContain(words);
});

test('nothing is deployed that nobody with a role asked for (Dokploy CVE-2025-53825)', () => {
  const makers = api.rows.filter(({ operationId }) =>
    /deploy|build|release|preview|hook|push/i.test(operationId),
  );
  expect(makers.length).toBeGreaterThan(3);
  for (const row of makers) expect(row.form === 'public' ? row.operationId : 'guarded').toBe('guarded');
  expect(api.rows.map(({ operationId }) => operationId).filter((id) => /preview|hook/i.test(id))).toEqual([]);
});

test('secrets that were typed are in no refusal and in no log, right or wrong', async () => {
  const person = await p.account();
  const canary = 'canary otter 5f0c9a lamp';
  const typed: [string, unknown][] = [
    ['/v1/sessions', { email: person.email, password: canary }],
    ['/v1/sessions', { email: person.email, password: PASSWORD, extra: canary }],
    ['/v1/sessions', { email: canary, password: PASSWORD }],
    ['/v1/accounts', { invitation: canary, name: 'eve', password: canary }],
    ['/v1/accounts/recover', { email: person.email, recoveryCode: canary, code: '000000', password: canary }],
    ['/v1/sessions/device/token', { deviceCode: canary }],
    ['/v1/sessions/bootstrap', { token: canary }],
    ['/v1/prober/enrol', { token: canary, publicKey: canary }],
    ['/v1/sessions/sso/answer', { login: canary, state: 'x', code: '5f0c9a-code' }],
    ['/v1/sessions/sso/finish', { login: canary }],
    ['/v1/ci/token', { project: 'shop', token: 'eyJhbGciOiJub25lIn0.5f0c9a.5f0c9a' }],
  ];
  for (const [n, [url, body]] of typed.entries()) {
    const answer = await call('POST', url, { body, headers: { 'x-forwarded-for': `192.0.2.${100 + n}` } });
    expect(answer.statusCode, url).toBeGreaterThanOrEqual(400);
    expect(answer.body, url).not.toContain('5f0c9a');
  }
  const half = await p.half(person);
  const wrong = await call('POST', '/v1/account/session/factor', {
    token: half,
    body: { recoveryCode: canary },
  });
  expect(codeOf(wrong)).toMatch(/factor_refused|request_invalid/);
  const kept = await Promise.all(
    (['audit_log', 'throttles', 'sessions', 'account_passwords'] as const).map((table) =>
      api.t.db.selectFrom(table).selectAll().execute(),
    ),
  );
  const all = JSON.stringify([api.logged, kept]);
  for (const secret of ['5f0c9a', PASSWORD, half, token]) expect(all).not.toContain(secret);
});
