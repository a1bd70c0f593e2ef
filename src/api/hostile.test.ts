import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderOpenApi } from './openapi.ts';
import type { Server } from './server.ts';
import { type TestApi, testApi } from './testing.ts';

/** A value that no answer may repeat: it stands for what a client sends in confidence. */
const CANARY = 'canary-5f0c9a';

const HOSTILE = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\u202e',
  '\r\nX-Injected: 1',
  "'; drop table apps; --",
  '" or 1=1',
  '$(reboot)',
  '`id`',
  '; rm -rf /',
  '| cat /etc/shadow',
  '../../etc/passwd',
  '/etc/passwd',
  '%00',
  '%2e%2e%2f',
  '{{7*7}}',
  '\u0024{7*7}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  '-oProxyCommand=id',
  '--upload-pack=id',
  'a'.repeat(5000),
  '😀'.repeat(50),
  'NaN',
  '1e999',
  'null',
  '[]',
  '{}',
  '\u001b[2J',
  '::1',
  '169.254.169.254',
];
const hostile = fc
  .oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 60 }))
  .map((s) => s);

interface Schema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
}

/** Values of the schema's shape, with every string hostile. */
function arbitrary(schema: Schema): fc.Arbitrary<unknown> {
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return fc.oneof(...either.map(arbitrary));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.oneof(fc.constantFrom(...schema.enum), hostile);
  if (schema.type === 'string') return hostile;
  if (schema.type === 'integer' || schema.type === 'number')
    return fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 2 ** 53, '1'));
  if (schema.type === 'boolean') return fc.oneof(fc.boolean(), hostile);
  if (schema.type === 'array') return fc.array(arbitrary(schema.items ?? {}), { maxLength: 3 });
  if (schema.type === 'object' && schema.properties)
    return fc.record(
      Object.fromEntries(Object.entries(schema.properties).map(([name, inner]) => [name, arbitrary(inner)])),
      { requiredKeys: schema.required ?? [] },
    );
  if (schema.type === 'object')
    return fc.dictionary(
      fc.oneof(hostile, fc.constantFrom('A', 'DB_URL')),
      arbitrary(typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}),
      { maxKeys: 3 },
    );
  return fc.jsonValue();
}

let api: TestApi;
let token: string;
let server: Server;
beforeAll(async () => {
  api = await testApi();
  const shop = await api.world('shop');
  await api.t.db.updateTable('operations').set({ status: 'succeeded' }).execute();
  token = await api.account('owner', shop.organizationId);
  server = api.server;
});
afterAll(() => api.close());

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

const NAMES: Record<string, string> = { organization: 'shop', project: 'shop', app: 'shop' };

/** Every operation of the document, so that no route is forgotten. */
function operations(): { path: string; method: string; operation: Operation }[] {
  const { paths } = renderOpenApi(api.rows) as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

test('hostile strings in every field of every route: never a 500, never an echo of a secret', {
  timeout: 600_000,
}, async () => {
  for (const { path, method, operation } of operations()) {
    const place = (where: string) =>
      fc.record(
        Object.fromEntries(
          operation.parameters
            .filter((p) => p.in === where)
            .map((p) => [
              p.name,
              where === 'path' ? fc.oneof(fc.constant(NAMES[p.name] ?? 'x'), hostile) : arbitrary(p.schema),
            ]),
        ),
        where === 'path' ? {} : { requiredKeys: [] },
      );
    const schema = operation.requestBody?.content['application/json']?.schema;
    const body = schema
      ? fc.oneof({ weight: 4, arbitrary: arbitrary(schema) }, fc.jsonValue())
      : fc.constant(undefined);
    await fc.assert(
      fc.asyncProperty(
        place('path'),
        place('query'),
        body,
        hostile,
        async (params, query, payload, header) => {
          const url = path.replace(/\{(\w+)\}/g, (_, name: string) =>
            encodeURIComponent(String((params as Record<string, unknown>)[name]).toWellFormed()),
          );
          const search = new URLSearchParams(
            Object.entries(query as object).map(([k, v]) => [k, String(v).toWellFormed()]),
          ).toString();
          const answer = await server.inject({
            method: method.toUpperCase() as 'GET',
            url: search ? `${url}?${search}` : url,
            headers: {
              authorization: `Bearer ${token}`,
              'x-bastide-reason': encodeURIComponent(header.toWellFormed()),
              'x-forwarded-for': '192.0.2.1',
              ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
            },
            ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
          });
          if (answer.statusCode >= 500)
            throw new Error(
              `${method} ${url} ${JSON.stringify(payload)}: ${answer.body} ${api.logged.at(-1)?.error}`,
            );
          if (answer.statusCode >= 400) expect(answer.json()).toHaveProperty('error.code');
          expect(answer.headers).not.toHaveProperty('x-injected');
        },
      ),
      { numRuns: 25 },
    );
  }
});

test('a secret that was sent in a wrong place is not repeated in the refusal', async () => {
  const bodies: unknown[] = [
    { set: { TOKEN: { value: CANARY, secret: CANARY } } },
    { set: { 'bad name': { value: CANARY } } },
    { token: CANARY, account: CANARY.toUpperCase() },
    { name: CANARY.toUpperCase() },
    CANARY,
  ];
  for (const { path, method, operation } of operations()) {
    if (!operation.requestBody?.content['application/json']) continue;
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => NAMES[name] ?? 'x');
    for (const body of bodies) {
      const answer = await server.inject({
        method: method.toUpperCase() as 'POST',
        url,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'x-forwarded-for': '192.0.2.2',
        },
        payload: JSON.stringify(body),
      });
      expect(answer.body.toLowerCase(), `${method} ${path}`).not.toContain(CANARY);
    }
  }
  const logged = JSON.stringify(api.logged);
  expect(logged.toLowerCase()).not.toContain(CANARY);
});

test('config vars that were set are in no answer at all', async () => {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '192.0.2.3' };
  const set = await server.inject({
    method: 'PATCH',
    url: '/v1/apps/shop/config',
    headers: { ...headers, 'content-type': 'application/json' },
    payload: JSON.stringify({ set: { TOKEN: { value: CANARY, secret: true } } }),
  });
  expect(set.statusCode).toBe(200);
  for (const { path, method } of operations().filter((o) => o.method === 'get')) {
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => NAMES[name] ?? 'x');
    const answer = await server.inject({ method: method.toUpperCase() as 'GET', url, headers });
    expect(answer.body, path).not.toContain(CANARY);
  }
  const stored = JSON.stringify(await api.t.db.selectFrom('config_vars').selectAll().execute());
  expect(stored).toContain('TOKEN');
  expect(stored).not.toContain(CANARY);
});
