import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealDatabase, realDatabase } from '../../db/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { submit } from '../../engine/submit.ts';
import { newId } from '../../kernel/id.ts';
import type { Scope } from '../access/model.ts';
import * as store from './store.ts';

/** The second wall and the races, on PostgreSQL itself, as the role that the API connects as. */
let real: RealDatabase;
const organizationId = newId();
const [shop, sibling] = [newId(), newId()];
const [operator, owner] = [newId(), newId()];

beforeAll(async () => {
  real = await realDatabase();
  const { db } = real;
  await db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
  for (const [id, name] of [
    [shop, 'shop'],
    [sibling, 'sibling'],
  ] as const) {
    const own = { organization_id: organizationId };
    await db
      .insertInto('projects')
      .values({ id, name, ...own })
      .execute();
    await db
      .insertInto('apps')
      .values({ id: newId(), name, project_id: id, ...own })
      .execute();
  }
  for (const [id, name, organization, role] of [
    [operator, 'ops', null, 'operator'],
    [owner, 'ada', organizationId, 'owner'],
  ] as const) {
    await db.insertInto('accounts').values({ id, name }).execute();
    await db
      .insertInto('memberships')
      .values({ account_id: id, organization_id: organization, role })
      .execute();
  }
});
afterAll(() => real.close());

let pool: ReturnType<RealDatabase['as']> | undefined;
/** One pool for all: each has connections of its own. */
const api = () => (pool ??= real.as('bastide_api'));

const ask = (scopes: Scope[]) =>
  withTenant(api(), { operator: true }, (db) =>
    store.ask(db, {
      organizationId,
      projectId: shop,
      kind: 'consent',
      scopes,
      reason: 'Ticket 4711: answers 502',
      seconds: 600,
      by: operator,
      name: 'ops',
    }),
  );
const decide = (id: string, decision: 'approved' | 'declined') =>
  withTenant(api(), { organizationId }, (db) => store.decide(db, id, decision, { id: owner, name: 'ada' }));

const work = (grant: string, kind: string, projectId: string, input: object = {}) =>
  withTenant(api(), { grant }, (db) =>
    submit(db, {
      kind,
      target: `stream:${newId()}`,
      organizationId,
      projectId,
      input,
      actor: 'ops',
      grant,
    }),
  );

/** Tables that the API reads and that hold rows of somebody. */
const tables = async () =>
  (
    await sql<{ name: string }>`select p.table_name as name from information_schema.table_privileges p
      join pg_class c on c.relname = p.table_name and c.relrowsecurity
      where p.grantee = 'bastide_api' and p.privilege_type = 'SELECT' and p.table_schema = 'public'
      order by 1`.execute(real.db)
  ).rows.map(({ name }) => name);

test('under a grant only its project is seen, what its scope names can be asked for, and after it nothing', async () => {
  const grant = await ask(['logs']);
  const seen = () =>
    withTenant(api(), { grant }, async (db) => ({
      projects: (await db.selectFrom('projects').select('name').execute()).map(({ name }) => name),
      apps: (await db.selectFrom('apps').select('name').execute()).map(({ name }) => name),
    }));
  expect(await seen()).toEqual({ projects: [], apps: [] });
  expect(await decide(grant, 'approved')).toBe(true);
  expect(await seen()).toEqual({ projects: ['shop'], apps: ['shop'] });
  await work(grant, 'apps.logs', shop);
  for (const [kind, project] of [
    ['apps.run', shop],
    ['databases.query', shop],
    ['projects.export', shop],
    ['gateways.open', shop],
    ['apps.logs', sibling],
    ['apps.session', shop],
  ] as const)
    await expect(work(grant, kind, project), `${kind} ${project}`).rejects.toMatchObject({ code: '42501' });
  await withTenant(api(), { organizationId }, (db) => store.end(db, grant, 'revoked', 'ada'));
  expect(await seen()).toEqual({ projects: [], apps: [] });
  await expect(work(grant, 'apps.logs', shop)).rejects.toMatchObject({ code: '42501' });
});

test('no other table that holds something of a customer shows a row under a grant', async () => {
  const grant = await ask(['logs', 'run', 'database']);
  await decide(grant, 'approved');
  await work(grant, 'apps.run', shop);
  // A terminal under a grant is recorded, or there is none.
  await work(grant, 'apps.session', shop, { record: true });
  await expect(work(grant, 'apps.session', shop, { record: false })).rejects.toMatchObject({ code: '42501' });
  const open = new Set(['projects', 'apps', 'operations']);
  for (const name of await tables()) {
    if (open.has(name)) continue;
    const { rows } = await withTenant(api(), { grant }, (db) =>
      sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(db),
    );
    expect(rows[0]!.n, name).toBe(0);
  }
});

test('a policy that opens something to a grant is on one of five tables; every other asks for a tenant or a plane', async () => {
  const { rows } = await sql<{ name: string; qual: string }>`select tablename as name, qual from pg_policies
    where 'bastide_api' = any (roles) and cmd in ('SELECT', 'ALL')`.execute(real.db);
  const granted = rows.filter(({ qual }) => qual.includes('bastide_granted('));
  expect([...new Set(granted.map(({ name }) => name))].sort()).toEqual([
    'apps',
    'databases',
    'operations',
    'projects',
    'releases',
  ]);
  const others = rows.filter(
    ({ qual }) =>
      !/bastide_granted\(|bastide_grant\(\) IS NULL|bastide_bound|bastide\.plane|FROM (operations|memberships|audit_log) /.test(
        qual,
      ),
  );
  expect(others).toEqual([]);
});

test('several who decide at the same time: one does', async () => {
  for (let round = 0; round < 8; round += 1) {
    const id = await ask(['logs']);
    const said = await Promise.all([
      decide(id, 'approved'),
      decide(id, 'declined'),
      decide(id, 'approved'),
      withTenant(api(), { operator: true }, (db) => store.end(db, id, 'withdrawn', 'ops')),
    ]);
    const decisions = said.slice(0, 3).filter(Boolean).length;
    const row = await real.db
      .selectFrom('staff_grants')
      .select(['decision', 'ended_at'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(decisions).toBe(row.decision === null ? 0 : 1);
    // Withdrawn first, nobody decided; approved first, it was then given back.
    expect(said[3] ? row.ended_at : null).toEqual(row.ended_at);
    await real.db
      .updateTable('staff_grants')
      .set({ ended_at: new Date(), end_reason: 'revoked' })
      .where('id', '=', id)
      .where('ended_at', 'is', null)
      .execute();
  }
});

test('two approvals that end at the same moment as the time does: nothing lives longer than was asked', async () => {
  const id = await ask(['logs']);
  await Promise.all([decide(id, 'approved'), decide(id, 'approved')]);
  const { rows } = await sql<{ ok: boolean }>`
    select until <= decided_at + interval '600 seconds' as ok from staff_grants where id = ${id}`.execute(
    real.db,
  );
  expect(rows).toEqual([{ ok: true }]);
});
