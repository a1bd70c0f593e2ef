import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../kernel/id.ts';
import { type TestDatabase, testDatabase } from './testing.ts';
import { withTenant } from './transaction.ts';

let t: TestDatabase;
const [mine, foreign] = [newId(), newId()];

beforeAll(async () => {
  t = await testDatabase();
  await t.db
    .insertInto('organizations')
    .values([
      { id: mine, name: 'mine' },
      { id: foreign, name: 'foreign' },
    ])
    .execute();
  for (const [organization_id, name] of [
    [mine, 'shop'],
    [foreign, 'bank'],
  ] as const)
    await t.db.insertInto('projects').values({ id: newId(), organization_id, name }).execute();
});
afterAll(() => t.close());

const projects = (tenant: Parameters<typeof withTenant>[1]) =>
  withTenant(t.db, tenant, async (tx) => {
    const rows = await tx.selectFrom('projects').select('name').orderBy('name').execute();
    return rows.map((row) => row.name);
  });

test('a transaction sees the rows of its organization only', async () => {
  expect(await projects({ organizationId: mine })).toEqual(['shop']);
  expect(await projects({ organizationIds: [mine, foreign] })).toEqual(['bank', 'shop']);
  expect(await projects({ organizationIds: [] })).toEqual([]);
  expect(await projects({ signIn: true })).toEqual([]);
  expect(await projects({ operator: true })).toEqual(['bank', 'shop']);
});

test('a row for another organization cannot be written', async () => {
  const write = withTenant(t.db, { organizationId: mine }, (tx) =>
    tx.insertInto('projects').values({ id: newId(), organization_id: foreign, name: 'planted' }).execute(),
  );
  await expect(write).rejects.toMatchObject({ code: '42501' });
});

test('the API reads no project key, and nothing stays set after the transaction', async () => {
  const read = withTenant(t.db, { operator: true }, (tx) =>
    tx.selectFrom('project_keys').selectAll().execute(),
  );
  await expect(read).rejects.toMatchObject({ code: '42501' });
  expect(await t.db.selectFrom('project_keys').selectAll().execute()).toEqual([]);
});

test('nobody changes the audit log, the owner neither', async () => {
  await t.db
    .insertInto('audit_log')
    .values({ actor: 'a', action: 'b', target: 'c', outcome: 'allowed' })
    .execute();
  await expect(t.db.updateTable('audit_log').set({ actor: 'x' }).execute()).rejects.toThrow('append-only');
  await expect(t.db.deleteFrom('audit_log').execute()).rejects.toThrow('append-only');
  const api = withTenant(t.db, { operator: true }, (tx) => tx.deleteFrom('audit_log').execute());
  await expect(api).rejects.toMatchObject({ code: '42501' });
});

test('a new operation and each log line wake who listens', async () => {
  const heard: string[] = [];
  const id = newId();
  const stops = await Promise.all(
    ['bastide_operations', 'bastide_log'].map((channel) =>
      t.listen(channel, (payload) => heard.push(`${channel} ${payload}`)),
    ),
  );
  await withTenant(t.db, { organizationId: mine }, (tx) =>
    tx
      .insertInto('operations')
      .values({ id, organization_id: mine, kind: 'apps.deploy', target: 'app:x', requested_by: 'me' })
      .execute(),
  );
  await t.db
    .insertInto('operation_log')
    .values({ operation_id: id, source: 'build', line: 'hello' })
    .execute();
  await t.db.updateTable('operations').set({ status: 'running' }).where('id', '=', id).execute();
  await expect
    .poll(() => heard)
    .toEqual([`bastide_operations ${id}`, `bastide_log ${id}`, `bastide_log ${id}`]);
  await Promise.all(stops.map((stop) => stop()));
});

test('the API asks for builds and can make up neither their image nor a release', async () => {
  const [app, operation] = [newId(), newId()];
  const { id: project } = await t.db
    .selectFrom('projects')
    .select('id')
    .where('organization_id', '=', mine)
    .executeTakeFirstOrThrow();
  await t.db
    .insertInto('apps')
    .values({ id: app, organization_id: mine, project_id: project, name: 'grants' })
    .execute();
  const asked = { organization_id: mine, app_id: app, operation_id: operation, source: '{}' };
  const insert = (values: object) =>
    withTenant(t.db, { organizationId: mine }, (tx) =>
      tx
        .insertInto('builds')
        .values({ id: newId(), ...asked, ...values })
        .execute(),
    );
  await expect(insert({})).resolves.toHaveLength(1);
  await expect(insert({ digest: `sha256:${'0'.repeat(64)}` })).rejects.toMatchObject({ code: '42501' });
  await expect(insert({ attestation: '{}' })).rejects.toMatchObject({ code: '42501' });
  const release = withTenant(t.db, { organizationId: mine }, (tx) =>
    tx.updateTable('releases').set({ traffic: 'live' }).execute(),
  );
  await expect(release).rejects.toMatchObject({ code: '42501' });
});
