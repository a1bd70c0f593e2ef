import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller, codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';

let api: TestApi;
const call = caller(() => api);

beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

let worlds = 0;
async function organization() {
  worlds += 1;
  const name = `side${worlds}x`;
  const world = await api.world(name);
  await api.t.db.updateTable('operations').set({ status: 'succeeded' }).execute();
  return { name, ...world, token: await api.account('owner', world.organizationId) };
}
type World = Awaited<ReturnType<typeof organization>>;

const offer = (from: World, to: string, token = from.token) =>
  call('POST', `/v1/projects/${from.name}/move`, { token, body: { to } });
const offered = async (from: World, to: World) => ((await offer(from, to.name)).json() as { id: string }).id;
const take = (to: World, id: string, token = to.token) =>
  call('POST', `/v1/organizations/${to.name}/moves/${id}/accept`, { token });

describe('a project', () => {
  test('goes over with every row when an owner of each side has said so, and the old side has nothing left', async () => {
    const [from, to] = [await organization(), await organization()];
    const deploy = await call('POST', `/v1/projects/${from.name}/deploy-tokens`, {
      token: from.token,
      body: { name: 'ci' },
    });
    const id = await offered(from, to);
    expect((await call('GET', `/v1/projects/${from.name}`, { token: to.token })).statusCode).toBe(404);
    const seen = await call('GET', `/v1/organizations/${to.name}/moves`, { token: to.token });
    expect(seen.json()).toMatchObject({ moves: [{ id, project: from.name, from: from.name, to: to.name }] });
    expect((await take(to, id)).statusCode).toBe(200);
    expect((await call('GET', `/v1/apps/${from.name}`, { token: to.token })).statusCode).toBe(200);
    expect((await call('GET', `/v1/apps/${from.name}`, { token: from.token })).statusCode).toBe(404);
    const ci = (deploy.json() as { token: string }).token;
    expect((await call('GET', `/v1/apps/${from.name}`, { token: ci })).statusCode).toBe(401);
    expect(codeOf(await take(to, id))).toBe('move_not_found');
    expect(await leftBehind(from)).toEqual([]);
  });

  test('takes its object stores along, attached or not', async () => {
    const [from, to] = [await organization(), await organization()];
    const [store, of] = [newId(), { organization_id: from.organizationId }];
    const { db } = api.t;
    await db
      .insertInto('object_stores')
      .values({
        ...of,
        id: store,
        project_id: from.projectId,
        name: 'uploads',
        endpoint: 'https://s3.example.org',
        region: 'r',
        bucket: 'uploads',
      })
      .execute();
    await db
      .insertInto('object_credentials')
      .values({ ...of, store_id: store, generation: 1, access_key_id: 'AK', sealed: 'x' })
      .execute();
    await db
      .insertInto('object_attachments')
      .values({ ...of, id: newId(), store_id: store, app_id: from.appId, main: true })
      .execute();
    const taken = await take(to, await offered(from, to));
    expect(taken.statusCode, taken.body).toBe(200);
    expect(await leftBehind(from)).toEqual([]);
  });

  test('does not go with an owner who was put out after offering it', async () => {
    const [from, to] = [await organization(), await organization()];
    const id = await offered(from, to);
    const offerer = (
      await api.t.db
        .selectFrom('project_moves')
        .select('requested_by')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
    ).requested_by;
    await api.account('owner', from.organizationId);
    await api.t.db
      .deleteFrom('memberships')
      .where('account_id', 'in', (of) => of.selectFrom('accounts').select('id').where('name', '=', offerer))
      .execute();
    expect(codeOf(await take(to, id))).toBe('move_not_found');
  });

  test('is offered and taken in by owners only', async () => {
    const [from, to] = [await organization(), await organization()];
    const admins = [
      await api.account('admin', from.organizationId),
      await api.account('admin', to.organizationId),
    ];
    expect(codeOf(await offer(from, to.name, admins[0]))).toBe('access_denied');
    const id = await offered(from, to);
    expect(codeOf(await take(to, id, admins[1]))).toBe('access_denied');
  });

  test('is taken in by no third one, not by the side that offers it, and not once the offer is taken back', async () => {
    const [from, to, third] = [await organization(), await organization(), await organization()];
    const id = await offered(from, to);
    expect(codeOf(await take(third, id))).toBe('move_not_found');
    expect(codeOf(await take(from, id))).toBe('move_not_found');
    expect(
      (await call('GET', `/v1/organizations/${third.name}/moves`, { token: third.token })).json(),
    ).toEqual({ moves: [] });
    const back = await call('DELETE', `/v1/projects/${from.name}/move`, { token: from.token });
    expect(back.statusCode).toBe(200);
    expect(codeOf(await take(to, id))).toBe('move_not_found');
  });

  test('says the same of an organization that is there and of one that is not', async () => {
    const [from, to] = [await organization(), await organization()];
    const answers = [await offer(from, to.name), await offer(from, 'nowhere')];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    expect(codeOf(await offer(from, from.name))).toBe('move_to_itself');
  });

  test('stays while work on it is under way, or somebody has a database of it open', async () => {
    const [from, to] = [await organization(), await organization()];
    const id = await offered(from, to);
    const { db } = api.t;
    await db
      .updateTable('operations')
      .set({ status: 'running' })
      .where('id', '=', from.operationId)
      .execute();
    expect(codeOf(await take(to, id))).toBe('move_busy');
    await db.updateTable('operations').set({ status: 'succeeded' }).execute();
    const [database] = await db
      .selectFrom('databases')
      .select('id')
      .where('project_id', '=', from.projectId)
      .execute();
    await db
      .insertInto('grants')
      .values({
        id: newId(),
        organization_id: from.organizationId,
        project_id: from.projectId,
        database_id: database!.id,
        gateway: 'postgres',
        role: 'g_0123456789abcdef',
        verifier: 'x',
        source: '192.0.2.1',
        until: new Date(Date.now() + 60_000),
        opened_by: 'somebody',
      })
      .execute();
    expect(codeOf(await take(to, id))).toBe('move_open');
  });
});

/** Tables with rows of the project that still name the old organization; what has ended stays with it. */
async function leftBehind(from: World): Promise<string[]> {
  const { rows } = await sql<{ table: string }>`
    select distinct c.table_name as "table" from information_schema.columns c
    join information_schema.columns o on o.table_name = c.table_name and o.column_name = 'organization_id' and o.table_schema = 'public'
    where c.table_schema = 'public' and c.column_name in ('project_id', 'app_id', 'database_id')`.execute(
    api.t.db,
  );
  const tables = rows
    .map(({ table }) => table)
    .filter((table) => !['erasures', 'project_moves'].includes(table));
  expect(tables.length).toBeGreaterThan(15);
  const found: string[] = [];
  for (const table of [...tables, 'projects', 'object_credentials'])
    if (
      (
        await sql`select 1 from ${sql.table(table)} where organization_id = ${from.organizationId}`.execute(
          api.t.db,
        )
      ).rows.length > 0
    )
      found.push(table);
  return found;
}
