import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../kernel/id.ts';
import { migrate } from './migrate.ts';
import { type RealDatabase, realDatabase } from './testing.ts';
import { withTenant } from './transaction.ts';

let real: RealDatabase;
beforeAll(async () => {
  real = await realDatabase();
});
afterAll(() => real.close());

test('a second run changes nothing', async () => {
  expect(await migrate(real.db)).toEqual([]);
});

test('the API role, connected by itself, is held by row-level security with and without a tenant', async () => {
  const [mine, foreign] = [newId(), newId()];
  for (const [id, name] of [
    [mine, 'mine'],
    [foreign, 'foreign'],
  ] as const)
    await real.db.insertInto('organizations').values({ id, name }).execute();
  const api = real.as('bastide_api');
  expect(await api.selectFrom('organizations').selectAll().execute()).toEqual([]);
  const seen = await withTenant(api, { organizationId: mine }, (tx) =>
    tx.selectFrom('organizations').select('name').execute(),
  );
  expect(seen).toEqual([{ name: 'mine' }]);
  const become = withTenant(api, { operator: true }, (tx) => tx.deleteFrom('organizations').execute());
  await expect(become).rejects.toMatchObject({ code: '42501' });
});

test('the agent role sees all, may not read tokens, may not change the audit log', async () => {
  const agent = real.as('bastide_agent');
  expect((await agent.selectFrom('organizations').selectAll().execute()).length).toBe(2);
  await expect(agent.selectFrom('api_tokens').selectAll().execute()).rejects.toMatchObject({ code: '42501' });
  await expect(agent.deleteFrom('audit_log').execute()).rejects.toMatchObject({ code: '42501' });
});

test('a bigint is a number here too', async () => {
  await real.db
    .insertInto('audit_log')
    .values({ actor: 'a', action: 'b', target: 'c', outcome: 'done' })
    .execute();
  const row = await real.db.selectFrom('audit_log').select('seq').executeTakeFirstOrThrow();
  expect(row.seq).toBe(1);
});
