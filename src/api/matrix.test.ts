import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Action, actions, onPlane, type Role } from '../capabilities/access/model.ts';
import { newId } from '../kernel/id.ts';
import type { Row } from './route.ts';
import { type TestApi, testApi } from './testing.ts';

/** What each role may do, written down a second time and by hand: groups of actions in one's own organization. */
const MAY: Record<Role, readonly string[]> = {
  owner: ['look', 'change', 'reach', 'manage', 'govern', 'review', 'browse', 'own'],
  admin: ['look', 'change', 'reach', 'manage', 'review', 'browse', 'own'],
  developer: ['look', 'change', 'reach', 'browse', 'own'],
  viewer: ['look', 'browse', 'own'],
  auditor: ['look', 'review', 'browse', 'own'],
  operator: ['operate', 'oversee', 'browse', 'own'],
  'security-officer': ['oversee', 'safeguard', 'browse', 'own'],
  'platform-auditor': ['oversee', 'browse', 'own'],
  prober: ['probe', 'browse', 'own'],
};
const roles = Object.keys(MAY) as Role[];

/** The generated page: the roles that it says may do an action, and its routes. */
const page = readFileSync(join(import.meta.dirname, '../../docs/reference/permissions.md'), 'utf8');
const cells = page.split('\n').map((line) => line.split('|').map((one) => one.trim().replaceAll('`', '')));
const columns = cells.find(([, first, second]) => first === 'action' && second === 'group') ?? [];
const paged = new Map(
  cells
    .filter(([, first]) => first !== undefined && first in actions)
    .map((line) => [line[1], roles.filter((role) => line[columns.indexOf(role)] === 'yes')]),
);

let api: TestApi;
let mine: Awaited<ReturnType<TestApi['world']>>;
let foreign: Awaited<ReturnType<TestApi['world']>>;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  api = await testApi();
  mine = await api.world('mine');
  foreign = await api.world('foreign');
  for (const role of roles)
    tokens.set(role, await api.account(role, onPlane(role) ? null : mine.organizationId));
});
afterAll(() => api.close());

type Guarded = Exclude<Row, { form: 'public' }>;
const guarded = () => api.rows.filter((row): row is Guarded => row.form !== 'public');

const urlOf = (row: Guarded, world: 'mine' | 'foreign'): string =>
  row.path.replace(/:(\w+)/g, (_, name: string) => {
    if (name === 'operation') return (world === 'mine' ? mine : foreign).operationId;
    if (['organization', 'project', 'app', 'database'].includes(name)) return world;
    return name === 'version' ? '1' : newId();
  });

/** The decision only: an event stream is told to end at once, and a body is one that no schema takes. */
async function ask(row: Guarded, world: 'mine' | 'foreign', token: string | undefined) {
  const answer = await api.server.inject({
    method: row.method,
    url: urlOf(row, world),
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(row.method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(row.method === 'GET' ? {} : { payload: '"\\u0000"' }),
  });
  const code = answer.headers['content-type']?.includes('json')
    ? (answer.json() as { error?: { code: string } }).error?.code
    : undefined;
  return { status: answer.statusCode, code };
}

/** Operations have ended, so that a stream of events ends by itself. */
beforeAll(async () => {
  await api.t.db.updateTable('operations').set({ status: 'succeeded', finished_at: new Date() }).execute();
});

const REFUSED = /^(access_denied|not_signed_in|(organization|project|app|database|operation)_not_found)$/;

describe('every role, every route', () => {
  test.each(roles)('%s in the own organization: what the matrix says', async (role) => {
    for (const row of guarded()) {
      const { resource, action } = row.permission;
      const group = actions[action];
      // Across memberships, a list is empty rather than refused.
      const expected = resource === 'list' || MAY[role].includes(group);
      const { status, code } = await ask(row, 'mine', tokens.get(role));
      const where = `${role} ${row.method} ${row.path}: ${status} ${code}`;
      expect(REFUSED.test(code ?? ''), where).toBe(!expected);
      if (resource !== 'list')
        expect(paged.get(action)?.includes(role), `${where}, on the page`).toBe(expected);
      expect(status, where).toBeLessThan(500);
    }
  });

  test.each(roles)('%s in a foreign organization: as if it did not exist', async (role) => {
    for (const row of guarded()) {
      if (!['organization', 'project', 'app', 'database', 'operation'].includes(row.permission.resource))
        continue;
      const { status, code } = await ask(row, 'foreign', tokens.get(role));
      expect([status, code], `${row.method} ${row.path}`).toEqual([
        404,
        `${row.permission.resource}_not_found`,
      ]);
    }
  });

  test('nobody at all: 401, and nothing about what exists', async () => {
    for (const row of guarded())
      for (const world of ['mine', 'foreign'] as const)
        expect(await ask(row, world, undefined)).toEqual({ status: 401, code: 'not_signed_in' });
  });

  test('lists show the own organization only, and an operator none', async () => {
    for (const role of roles)
      for (const row of guarded().filter((r) => r.permission.resource === 'list')) {
        const answer = await api.server.inject({
          method: 'GET',
          url: row.path,
          headers: { authorization: `Bearer ${tokens.get(role)}` },
        });
        expect(answer.statusCode).toBe(200);
        expect(answer.body, row.path).not.toContain('foreign');
        expect(answer.body, row.path).not.toContain(foreign.operationId);
        if (onPlane(role)) expect(Object.values(answer.json() as object)[0], row.path).toEqual([]);
      }
  });
});

test('the generated page has every action and every route of the running server', () => {
  expect([...paged.keys()].sort()).toEqual(Object.keys(actions).sort());
  const routes = cells.filter(([, method]) => /^(GET|POST|PUT|PATCH|DELETE)$/.test(method ?? ''));
  const said = routes.map(([, method, path, permission]) => `${method} ${path} ${permission}`);
  const run = api.rows.map(
    (row) => `${row.method} ${row.path} ${row.form === 'public' ? '*anybody*' : row.permission.action}`,
  );
  expect(said.sort()).toEqual(run.sort());
});

test('every action is used by a route, or is on the list of those to come', () => {
  const used = new Set(guarded().map((row) => row.permission.action));
  const unused = (Object.keys(actions) as Action[]).filter((action) => !used.has(action));
  expect(unused).toEqual(TO_COME.filter((action) => !used.has(action)));
});

/** Their capabilities are not built yet. */
const TO_COME: Action[] = [
  'members:read',
  'members:manage',
  'builds:read',
  'domains:read',
  'domains:manage',
  'certificates:read',
  'platform:manage',
  'stacks:read',
  'stacks:manage',
  'nodes:read',
  'nodes:manage',
];
