import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from '../../../controls/platform/staff-access/judge.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { newId } from '../../kernel/id.ts';
import { past, plantGrant } from '../consent/testing.ts';
import { staffFacts } from './store.ts';

let t: TestDatabase;
const [organizationId, projectId, operator, by] = [newId(), newId(), newId(), newId()];
const world = { organizationId, projectId, operator, by };

beforeAll(async () => {
  t = await testDatabase();
  await t.db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
  await t.db
    .insertInto('projects')
    .values({ id: projectId, organization_id: organizationId, name: 'shop' })
    .execute();
  for (const [id, name, organization_id, role] of [
    [operator, 'ops', null, 'operator'],
    [by, 'ada', organizationId, 'owner'],
  ] as const) {
    await t.db.insertInto('accounts').values({ id, name }).execute();
    await t.db.insertInto('memberships').values({ account_id: id, organization_id, role }).execute();
  }
});
afterAll(() => t.close());

const seen = async () => {
  const facts = await staffFacts(t.db);
  const attempts = [{ what: 'ask as a tenant', refused: true, said: 'access_denied' }];
  return { facts, verdict: judge({ facts, attempts, works: true }).verdict };
};
const line = (detail: object, at = new Date()) =>
  t.db
    .insertInto('audit_log')
    .values({
      at,
      actor: 'ops',
      action: 'logs:read',
      target: 'app:shop',
      organization_id: organizationId,
      outcome: 'allowed',
      detail: JSON.stringify(detail),
    })
    .execute();

test('a grant that was consented to and kept to is held, and each planted fault is seen', async () => {
  const grant = await plantGrant({ t }, { ...world, scopes: ['logs'] });
  await line({ policy: 'consent-logs', grant });
  await line({ policy: 'members-look' });
  expect(await seen()).toMatchObject({
    verdict: 'held',
    facts: { grants: 1, unconsented: 0, outside: 0, bare: 0 },
  });

  // An operator role that reads a customer's route.
  await line({ policy: 'operators-operate' });
  expect(await seen()).toMatchObject({ verdict: 'broken', facts: { bare: 1 } });
  await sql`alter table audit_log disable trigger user`.execute(t.db);
  await t.db.deleteFrom('audit_log').where(sql<boolean>`detail ->> 'policy' = 'operators-operate'`).execute();

  // A grant without consent: whoever asked said yes himself, and nothing in the database stopped it.
  const rules = await sql<{ name: string }>`select conname as name from pg_constraint
    where conrelid = 'staff_grants'::regclass and pg_get_constraintdef(oid) like '%decided_by <> requested_by%'`.execute(
    t.db,
  );
  for (const { name } of rules.rows)
    await sql`alter table staff_grants drop constraint ${sql.ref(name)}`.execute(t.db);
  await past(t, (db) => db.updateTable('staff_grants').set({ decided_by: operator }).execute());
  expect(await seen()).toMatchObject({ verdict: 'broken', facts: { unconsented: 1 } });
  await past(t, (db) => db.updateTable('staff_grants').set({ decided_by: by }).execute());
  expect(await seen()).toMatchObject({ verdict: 'held' });

  // An expired grant that still opens.
  await past(t, (db) =>
    db
      .updateTable('staff_grants')
      .set({
        decided_at: sql<Date>`now() - interval '3 hours'`,
        until: sql<Date>`now() - interval '2 hours'`,
      })
      .execute(),
  );
  expect(await seen()).toMatchObject({ verdict: 'broken', facts: { outside: 1 } });
  await t.db.deleteFrom('audit_log').where(sql<boolean>`detail ->> 'grant' = ${grant}`).execute();
  expect(await seen()).toMatchObject({ verdict: 'held' });

  // Work that outlives its grant.
  await t.db
    .insertInto('operations')
    .values({
      id: newId(),
      organization_id: organizationId,
      project_id: projectId,
      kind: 'apps.run',
      target: 'stream:x',
      requested_by: 'ops',
      status: 'running',
      requested_at: sql<Date>`now() - interval '150 minutes'`,
      grant_id: grant,
    })
    .execute();
  expect(await seen()).toMatchObject({ verdict: 'broken', facts: { outside: 1 } });
  await t.db.deleteFrom('operations').execute();

  // A break-glass that nobody told the customer of.
  await past(t, (db) => db.updateTable('staff_grants').set({ kind: 'break-glass' }).execute());
  expect(await seen()).toMatchObject({ verdict: 'broken', facts: { untold: 1 } });
});
