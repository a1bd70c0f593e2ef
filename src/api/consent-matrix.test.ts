import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Action, Scope, UNDER_CONSENT } from '../capabilities/access/model.ts';
import { people, testClock } from '../capabilities/access/testing/people.ts';
import { past, plantGrant } from '../capabilities/consent/testing.ts';
import { newId } from '../kernel/id.ts';
import type { Row } from './route.ts';
import { type TestApi, testApi } from './testing.ts';

/** An operator at every route: without consent, under it, and after it. */
const clock = testClock(Date.now());
let api: TestApi;
const p = people(() => api, clock);
let mine: Awaited<ReturnType<TestApi['world']>>;
let operator: { id: string; token: string };
let owner: string;
const operations: Record<string, string> = {};

beforeAll(async () => {
  api = await testApi([], clock.now);
  mine = await api.world('mine');
  operations.mine = mine.operationId;
  operations.foreign = (await api.world('foreign')).operationId;
  // A second project of the same customer.
  const sibling = await api.world('sibling');
  operations.sibling = sibling.operationId;
  for (const table of ['projects', 'apps', 'databases', 'operations'] as const)
    await api.t.db
      .updateTable(table)
      .set({ organization_id: mine.organizationId })
      .where('organization_id', '=', sibling.organizationId)
      .execute();
  await api.t.db.updateTable('operations').set({ status: 'succeeded', finished_at: new Date() }).execute();
  const person = await p.account('operator');
  operator = { id: person.id, token: (await p.signUp(person)).token };
  owner = (await p.account('owner', mine.organizationId)).id;
});
afterAll(() => api.close());

type Guarded = Exclude<Row, { form: 'public' }>;
const NAMED = ['organization', 'project', 'app', 'database', 'operation'];
const named = () =>
  api.rows.filter((row): row is Guarded => row.form !== 'public' && NAMED.includes(row.permission.resource));

const consented = new Set<Action>(Object.values(UNDER_CONSENT).flat());
const REFUSED = /^(access_denied|(organization|project|app|database|operation)_not_found)$/;

async function passes(row: Guarded, world: string, operation = operations[world]!): Promise<boolean> {
  const url = row.path.replace(/:(\w+)/g, (_, name: string) => {
    if (name === 'operation') return operation;
    if (name === 'organization') return world === 'sibling' ? 'mine' : world;
    if (NAMED.includes(name)) return world;
    return name === 'version' ? '1' : newId();
  });
  const body = row.method === 'GET' ? {} : { body: '"\\u0000"' };
  const answer = await p.call(row.method, url, { token: operator.token, ...body });
  expect(answer.statusCode, `${row.method} ${url}: ${answer.body}`).toBeLessThan(500);
  const code = answer.headers['content-type']?.toString().includes('json')
    ? (answer.json() as { error?: { code: string } }).error?.code
    : undefined;
  return !REFUSED.test(code ?? '');
}

const grant = (scopes: readonly Scope[]) =>
  plantGrant(api, { ...mine, operator: operator.id, by: owner, scopes });
const end = () =>
  past(api.t, (db) =>
    db.updateTable('staff_grants').set({ ended_at: new Date(), end_reason: 'revoked' }).execute(),
  );

test('without consent an operator passes nowhere', async () => {
  for (const row of named())
    for (const world of ['mine', 'foreign'])
      expect(await passes(row, world), `${row.method} ${row.path} ${world}`).toBe(false);
});

test('under all consent there is: what it is for, in the one project, and nothing else anywhere', async () => {
  const id = await grant(Scope.options);
  for (const row of named()) {
    const { action, resource } = row.permission;
    const where = `${row.method} ${row.path}`;
    const may = consented.has(action) && ['project', 'app', 'database'].includes(resource);
    expect(await passes(row, 'mine'), where).toBe(may);
    expect(await passes(row, 'sibling'), `${where} sibling`).toBe(false);
    if (consented.has(action)) expect(await passes(row, 'foreign'), `${where} foreign`).toBe(false);
  }
  const asked = newId();
  await api.t.db
    .insertInto('operations')
    .values({
      id: asked,
      organization_id: mine.organizationId,
      project_id: mine.projectId,
      kind: 'apps.logs',
      target: `stream:${asked}`,
      requested_by: 'operator',
      status: 'succeeded',
      finished_at: new Date(),
      grant_id: id,
    })
    .execute();
  for (const row of named().filter(({ permission }) => permission.resource === 'operation'))
    expect(await passes(row, 'mine', asked), `${row.method} ${row.path}`).toBe(
      (UNDER_CONSENT.follow as readonly Action[]).includes(row.permission.action),
    );
  await end();
  for (const row of named().filter(({ permission }) => consented.has(permission.action)))
    expect(await passes(row, 'mine', asked), `${row.method} ${row.path} ended`).toBe(false);
});

test.each(Scope.options)('consent to %s opens that and no other scope', async (scope) => {
  await grant([scope]);
  for (const row of named().filter(({ permission }) => consented.has(permission.action))) {
    const { action, resource } = row.permission;
    const may = resource !== 'operation' && (UNDER_CONSENT[scope] as readonly Action[]).includes(action);
    expect(await passes(row, 'mine'), `${row.method} ${row.path}`).toBe(may);
  }
  await end();
});

test('a token of an operator never acts by consent', async () => {
  await grant(Scope.options);
  const token = await api.account('operator', null);
  await api.t.db.updateTable('api_tokens').set({ account_id: operator.id }).execute();
  const answer = await p.call('POST', '/v1/apps/mine/logs', { token, body: {} });
  expect(answer.statusCode).toBe(404);
  const session = await p.call('POST', '/v1/apps/mine/logs', { token: operator.token, body: {} });
  expect(session.statusCode).toBe(202);
  await end();
});

test('nothing that carries data off or reveals a key is in any scope', () => {
  for (const action of [
    'config:read',
    'config:reveal',
    'grants:open',
    'projects:export',
    'projects:export-values',
    'backups:download',
    'backups:restore',
    'volumes:read',
    'volumes:manage',
    'objects:read',
    'databases:rotate',
    'apps:deploy',
    'deploy-tokens:manage',
    'keys:rotate',
    'audit:read',
  ] as const)
    expect(consented.has(action), action).toBe(false);
});
