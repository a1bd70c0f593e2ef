import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { caller, codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { forget } from '../apps/store.ts';
import { lookForProofs, prove } from './perform/prove.ts';
import { edgeRoutes } from './routes.ts';

let api: TestApi;
const call = caller(() => api);
const strict = edgeRoutes({ domain: 'localhost', proof: 'always' })
  .filter((row) => row.operationId === 'addDomain')
  .map((row) => ({ ...row, path: '/v1/strict/:app/domains', operationId: 'addStrict' }) as typeof row);
let zone: Record<string, readonly string[] | undefined> = {};
const deps = {
  get db() {
    return api.t.db;
  },
  txt: async (name: string) => (name in zone ? zone[name] : []),
};

beforeAll(async () => {
  api = await testApi(strict);
});
afterAll(() => api.close());
beforeEach(() => {
  zone = {};
});

let worlds = 0;
async function organization() {
  worlds += 1;
  const name = `town${worlds}x`;
  const world = await api.world(name);
  return { name, ...world, token: await api.account('owner', world.organizationId) };
}
type World = Awaited<ReturnType<typeof organization>>;

const add = (world: World, host: string, under = 'apps') =>
  call('POST', `/v1/${under}/${world.name}/domains`, { token: world.token, body: { host } });
const remove = (world: World, host: string) =>
  call('DELETE', `/v1/apps/${world.name}/domains/${host}`, { token: world.token });
const listed = async (world: World) =>
  (
    (await call('GET', `/v1/apps/${world.name}/domains`, { token: world.token })).json() as {
      domains: { host: string; proof: { record: string; value: string } | null }[];
    }
  ).domains;
const waits = async (world: World, host: string) =>
  (await listed(world)).find((one) => one.host === host)?.proof ?? undefined;
const has = async (world: World, host: string) =>
  (await listed(world)).some((one) => one.host === host && one.proof === null);
const proofIn = (answer: { json(): unknown }) =>
  (answer.json() as { proof: { record: string; value: string } | null }).proof;
const code = (outcome: unknown) => (isRefusal(outcome) ? outcome.code : outcome);

describe('a name that another organization let go while DNS still leads here', () => {
  test.each([
    ['removed', (one: World) => remove(one, 'freed.example.org')],
    ['of a destroyed app', (one: World) => forget(api.t.db, one.appId)],
    [
      'of an erased project',
      (one: World) => api.t.db.deleteFrom('domains').where('app_id', '=', one.appId).execute(),
    ],
  ])('waits for the record that proves it: %s', async (how, letGo) => {
    const host = `freed${how.length}.example.org`;
    const [first, second] = [await organization(), await organization()];
    expect(proofIn(await add(first, host))).toBeNull();
    if (how === 'removed') await remove(first, host);
    else await letGo(first);
    const asked = await add(second, host);
    expect(asked.statusCode, asked.body).toBe(202);
    const proof = proofIn(asked)!;
    expect(proof.record).toBe(`_bastide-challenge.${host}`);
    expect(await has(second, host)).toBe(false);
    expect(await waits(second, host)).toEqual(proof);
    const refused = await prove(deps, second.appId, host);
    expect(refused).toMatchObject({ code: 'host_unproven', details: proof });
    zone[proof.record] = [proof.value];
    expect(await prove(deps, second.appId, host)).toBeUndefined();
    expect(await has(second, host)).toBe(true);
  });

  test('keeps those above and below it as well, and is not to be read where it is kept', async () => {
    const [first, second] = [await organization(), await organization()];
    await add(first, 'shop.held.example');
    await remove(first, 'shop.held.example');
    expect(proofIn(await add(second, 'held.example'))).not.toBeNull();
    expect(proofIn(await add(second, 'pay.shop.held.example'))).not.toBeNull();
    expect(proofIn(await add(second, 'other.held.example'))).toBeNull();
    const { rows } = await sql`select * from held_names`.execute(api.t.db);
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows.map((row) => Object.values(row as object).map(String)))).not.toContain('held');
  });

  test('goes back to who had it without more, and to anybody once it was long enough ago', async () => {
    const [first, second] = [await organization(), await organization()];
    await add(first, 'back.example.net');
    await remove(first, 'back.example.net');
    expect(proofIn(await add(first, 'back.example.net'))).toBeNull();
    await remove(first, 'back.example.net');
    await sql`update held_names set held_until = now() - interval '1 second'`.execute(api.t.db);
    expect(proofIn(await add(second, 'back.example.net'))).toBeNull();
  });

  test('cannot be had by writing the row either', async () => {
    const [first, second] = [await organization(), await organization()];
    await add(first, 'wall.example.net');
    await remove(first, 'wall.example.net');
    const row = { organization_id: second.organizationId, app_id: second.appId, kind: 'custom' } as const;
    const write = (more: object) =>
      withTenant(api.t.db, { organizationId: second.organizationId }, (tx) =>
        tx
          .insertInto('domains')
          .values({ id: newId(), ...row, host: 'wall.example.net', ...more })
          .execute(),
      );
    await expect(write({})).rejects.toThrow('kept for another organization');
    await expect(write({ proven_at: new Date() })).rejects.toThrow('permission denied');
  });
});

describe('names above and below', () => {
  test('of a name that somebody else has wait for a record, at the name or above it', async () => {
    const [first, second, third] = [await organization(), await organization(), await organization()];
    await add(first, 'shop.kin.example');
    expect(proofIn(await add(second, 'kin.example'))).not.toBeNull();
    expect(proofIn(await add(third, 'pay.shop.kin.example'))).not.toBeNull();
    expect(proofIn(await add(third, 'other.kin.example'))).toBeNull();
    const { value } = (await waits(third, 'pay.shop.kin.example'))!;
    zone['_bastide-challenge.kin.example'] = [value];
    expect(await prove(deps, third.appId, 'pay.shop.kin.example')).toBeUndefined();
    expect(await has(third, 'pay.shop.kin.example')).toBe(true);
  });

  test('are one’s own where the name above is proven', async () => {
    const world = await organization();
    const { record, value } = proofIn(await add(world, 'strict.example', 'strict'))!;
    zone[record] = [value];
    await prove(deps, world.appId, 'strict.example');
    expect(proofIn(await add(world, 'www.strict.example', 'strict'))).toBeNull();
    expect(proofIn(await add(world, 'away.example', 'strict'))).not.toBeNull();
    expect(proofIn(await add(world, 'mine.localhost-not.example', 'strict'))).not.toBeNull();
  });
});

describe('a name that another organization has', () => {
  test('goes to who proves it, with a line in the log of who lost it; where the zone names both, it stays', async () => {
    const [first, second] = [await organization(), await organization()];
    await add(first, 'live.example.com');
    const proof = proofIn(await add(second, 'live.example.com'))!;
    expect(await has(first, 'live.example.com')).toBe(true);
    const [mine] = await api.t.db
      .selectFrom('organizations')
      .select('domain_token')
      .where('id', '=', first.organizationId)
      .execute();
    zone[proof.record] = [proof.value, `bastide-organization=${mine!.domain_token}`];
    expect(code(await prove(deps, second.appId, 'live.example.com'))).toBe('host_taken');
    zone[proof.record] = [proof.value];
    expect(await prove(deps, second.appId, 'live.example.com')).toBeUndefined();
    expect([await has(first, 'live.example.com'), await has(second, 'live.example.com')]).toEqual([
      false,
      true,
    ]);
    const told = await api.t.db
      .selectFrom('audit_log')
      .select(['action', 'detail'])
      .where('organization_id', '=', first.organizationId)
      .where('action', '=', 'edge.name-lost')
      .execute();
    expect(told).toEqual([{ action: 'edge.name-lost', detail: { host: 'live.example.com' } }]);
  });

  test('is not lost to a record above it, where many share the zone; one at the name itself is needed', async () => {
    const [first, second] = [await organization(), await organization()];
    await add(first, 'ann.shared.example');
    const { record, value } = proofIn(await add(second, 'ann.shared.example'))!;
    zone = { '_bastide-challenge.shared.example': [value], [record]: [] };
    expect(code(await prove(deps, second.appId, 'ann.shared.example'))).toBe('host_unproven');
    expect(await has(first, 'ann.shared.example')).toBe(true);
  });

  test('leaves its proof behind where its project goes to another organization', async () => {
    const [world, heir] = [await organization(), await organization()];
    const { record, value } = proofIn(await add(world, 'moves.example', 'strict'))!;
    zone = { [record]: [value] };
    await prove(deps, world.appId, 'moves.example');
    const proven = () =>
      api.t.db.selectFrom('domains').select('proven_at').where('host', '=', 'moves.example').execute();
    expect(await proven()).toEqual([{ proven_at: expect.any(Date) }]);
    await api.t.db
      .updateTable('domains')
      .set({ organization_id: heir.organizationId })
      .where('host', '=', 'moves.example')
      .execute();
    expect(await proven()).toEqual([{ proven_at: null }]);
  });

  test('another one’s record proves nothing, and silence is not an answer', async () => {
    const [first, second] = [await organization(), await organization()];
    await add(first, 'deaf.example.com');
    const { record } = proofIn(await add(second, 'deaf.example.com'))!;
    zone[record] = ['bastide-organization=00000000000000000000000000000000'];
    expect(code(await prove(deps, second.appId, 'deaf.example.com'))).toBe('host_unproven');
    zone = { [record]: undefined, '_bastide-challenge.example.com': undefined };
    expect(code(await prove(deps, second.appId, 'deaf.example.com'))).toBe('name_servers_silent');
  });

  test('is not given away where nothing can be proven', async () => {
    const [first, second] = [await organization(), await organization()];
    await sql`insert into domains (id, organization_id, app_id, host, kind)
      values (${newId()}, ${first.organizationId}, ${first.appId}, 'here.other.localhost', 'custom')`.execute(
      api.t.db,
    );
    expect(
      await withTenant(api.t.db, { organizationId: second.organizationId }, async (tx) => {
        const { rows } = await sql<{
          s: string;
        }>`select bastide_name_state('here.other.localhost', ${second.organizationId}) as s`.execute(tx);
        return rows[0]?.s;
      }),
    ).toBe('taken');
  });
});

test('a record that is made later is found, and what was asked for goes on', async () => {
  const [first, second] = [await organization(), await organization()];
  await add(first, 'late.example.net');
  const { record, value } = proofIn(await add(second, 'late.example.net'))!;
  await sql`update operations set status = 'failed'`.execute(api.t.db);
  const asked = () =>
    api.t.db
      .selectFrom('operations')
      .select(['input', 'app_id'])
      .where('requested_by', '=', 'system:names')
      .execute();
  await lookForProofs(deps);
  expect(await asked()).toEqual([]);
  zone[record] = [value];
  await sql`update name_claims set looked_at = now() - interval '2 hours'`.execute(api.t.db);
  await lookForProofs(deps);
  expect(await asked()).toEqual([{ input: { host: 'late.example.net' }, app_id: second.appId }]);
});

test('a name that waits is let go like any other', async () => {
  const [first, second] = [await organization(), await organization()];
  await add(first, 'gone.example.net');
  await add(second, 'gone.example.net');
  expect((await remove(second, 'gone.example.net')).statusCode).toBe(202);
  expect(await listed(second)).toEqual([]);
  expect(await prove(deps, second.appId, 'gone.example.net')).toBeUndefined();
  expect(await has(first, 'gone.example.net')).toBe(true);
});

test('the name that the platform gave an app is kept for its organization for some days', async () => {
  const [first, second] = [await organization(), await organization()];
  const create = (world: World) =>
    call('POST', `/v1/projects/${world.name}/apps`, { token: world.token, body: { name: 'harbour' } });
  const made = await create(first);
  expect(made.statusCode, made.body).toBe(201);
  const app = await api.t.db
    .selectFrom('apps')
    .select('id')
    .where('name', '=', 'harbour')
    .executeTakeFirstOrThrow();
  await forget(api.t.db, app.id);
  expect(codeOf(await create(second))).toBe('app_name_held');
  expect((await create(first)).statusCode).toBe(201);
});
