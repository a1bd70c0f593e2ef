import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller, codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { REPLICA_LIMITS } from '../apps/model.ts';
import { PLANS } from '../databases/model.ts';
import type { Quota, QuotaName } from './model.ts';

const GIB = 1024 ** 3;
let api: TestApi;
let operator = '';
const call = caller(() => api);

beforeAll(async () => {
  api = await testApi();
  operator = await api.account('operator');
});
afterAll(() => api.close());

let worlds = 0;
async function organization(limits?: Partial<Record<QuotaName, number | null>>) {
  worlds += 1;
  const name = `guild${worlds}x`;
  const world = await api.world(name);
  await api.t.db.updateTable('operations').set({ status: 'succeeded' }).execute();
  if (limits) expect((await limit(name, limits)).statusCode).toBe(200);
  return { name, ...world, token: await api.account('owner', world.organizationId) };
}
const limit = (name: string, limits: object, token = operator) =>
  call('PATCH', `/v1/platform/quotas/${name}`, { token, body: { limits } });
type World = Awaited<ReturnType<typeof organization>>;
const seen = async (world: World): Promise<Record<string, Quota>> => {
  const answer = await call('GET', `/v1/organizations/${world.name}/quotas`, { token: world.token });
  const { quotas } = answer.json() as { quotas: Quota[] };
  return Object.fromEntries(quotas.map((one) => [one.name, one]));
};

const grow: Record<string, (world: World) => ReturnType<typeof call>> = {
  projects: (world) =>
    call('POST', `/v1/organizations/${world.name}/projects`, {
      token: world.token,
      body: { name: `${world.name}-two` },
    }),
  apps: (world) =>
    call('POST', `/v1/projects/${world.name}/apps`, {
      token: world.token,
      body: { name: `${world.name}-b` },
    }),
  processes: (world) =>
    call('PUT', `/v1/apps/${world.name}/formation`, { token: world.token, body: { web: 2 } }),
  databases: (world) =>
    call('POST', `/v1/projects/${world.name}/databases`, {
      token: world.token,
      body: { name: `${world.name}-db`, engine: 'redis' },
    }),
  storage: (world) =>
    call('PATCH', `/v1/projects/${world.name}/storage`, { token: world.token, body: { sizeGib: 2 } }),
};

describe('an organization at its limit', () => {
  test.each([
    ['projects', { projects: 1 }],
    ['apps', { apps: 1 }],
    ['processes', { processes: 1 }],
    ['databases', { databases: 1 }],
    ['storage', { storage: GIB }],
  ] as const)('gets no more %s, and is told which limit, how much and whom to ask', async (name, limits) => {
    const world = await organization(limits);
    const refused = await grow[name]!(world);
    expect([refused.statusCode, codeOf(refused)], refused.body).toEqual([422, 'quota_exceeded']);
    const { error } = refused.json() as { error: { details: object; next: string; message: string } };
    const most = Object.values(limits)[0];
    expect(error.details).toMatchObject({ organization: world.name, quota: name, most });
    expect(error.next).toContain(`quotas:set ${world.name} ${name}=`);
    expect((await seen(world))[name]?.use).toBeLessThanOrEqual(most!);
    await limit(world.name, { [name]: null });
    expect((await grow[name]!(world)).statusCode).toBeLessThan(300);
  });

  test.each(['apps', 'processes', 'databases'])('has memory for no more %s either', async (name) => {
    const world = await organization({ memory: REPLICA_LIMITS.memoryBytes + PLANS.small.memoryBytes });
    expect((await seen(world)).memory).toMatchObject({
      use: REPLICA_LIMITS.memoryBytes + PLANS.small.memoryBytes,
      set: true,
    });
    const refused = await grow[name]!(world);
    expect(refused.json()).toMatchObject({ error: { code: 'quota_exceeded', details: { quota: 'memory' } } });
  });

  test('may have less again, though it has more than its limit', async () => {
    const world = await organization();
    const scale = (web: number) =>
      call('PUT', `/v1/apps/${world.name}/formation`, { token: world.token, body: { web } });
    expect((await scale(5)).statusCode).toBe(202);
    await limit(world.name, { processes: 2 });
    await sql`update operations set status = 'succeeded'`.execute(api.t.db);
    expect((await scale(4)).statusCode).toBe(202);
    expect(codeOf(await scale(5))).toBe('quota_exceeded');
  });

  test('takes in no project that is over it', async () => {
    const [from, to] = [await organization(), await organization({ apps: 1 })];
    const offer = await call('POST', `/v1/projects/${from.name}/move`, {
      token: from.token,
      body: { to: to.name },
    });
    const { id } = offer.json() as { id: string };
    const take = () => call('POST', `/v1/organizations/${to.name}/moves/${id}/accept`, { token: to.token });
    expect(codeOf(await take())).toBe('quota_exceeded');
    expect((await call('GET', `/v1/apps/${from.name}`, { token: from.token })).statusCode).toBe(200);
    await limit(to.name, { apps: 2 });
    expect((await take()).statusCode).toBe(200);
  });
});

test('the plans and the size of a replica are counted as they are', async () => {
  const world = await organization();
  const before = (await seen(world)).memory!.use;
  for (const [plan, { memoryBytes }] of Object.entries(PLANS)) {
    const made = await call('POST', `/v1/projects/${world.name}/databases`, {
      token: world.token,
      body: { name: `p-${plan}`, engine: 'redis', plan },
    });
    expect(made.statusCode, made.body).toBe(202);
    const added = (await seen(world)).memory!.use - before;
    expect(added).toBe(memoryBytes);
    await sql`update databases set status = 'destroyed' where name = ${`p-${plan}`}`.execute(api.t.db);
  }
});

test('nobody raises his own: owners see, operators say, and the database holds the API to it', async () => {
  const world = await organization();
  expect(codeOf(await limit(world.name, { apps: 1000 }, world.token))).toBe('access_denied');
  const insert = (tenant: Parameters<typeof withTenant>[1]) =>
    withTenant(api.t.db, tenant, (tx) =>
      tx
        .insertInto('quotas')
        .values({ organization_id: world.organizationId, name: 'apps', most: 1000, set_by: 'me' })
        .execute(),
    );
  await expect(insert({ organizationId: world.organizationId })).rejects.toThrow('row-level security');
  await limit(world.name, { apps: 0 });
  const write = withTenant(api.t.db, { organizationId: world.organizationId }, (tx) =>
    tx
      .insertInto('apps')
      .values({
        id: newId(),
        organization_id: world.organizationId,
        project_id: world.projectId,
        name: `${world.name}-c`,
      })
      .execute(),
  );
  await expect(write).rejects.toMatchObject({ code: 'BQ001' });
  const all = await call('GET', '/v1/platform/quotas', { token: operator });
  expect((all.json() as { organizations: { organization: string }[] }).organizations).toContainEqual(
    expect.objectContaining({ organization: world.name }),
  );
  expect(codeOf(await limit('nobody-here', { apps: 1 }))).toBe('organization_not_found');
});
