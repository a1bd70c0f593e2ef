import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../db/testing.ts';
import { newId } from '../../../kernel/id.ts';
import { attachedConfig } from './config.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());

test('what belongs to an attached database or object store is given with its value of now, and nothing else', async () => {
  const [organizationId, projectId, appId, databaseId, storeId] = Array.from({ length: 5 }, newId) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const owner = { organization_id: organizationId };
  await t.db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
  await t.db
    .insertInto('projects')
    .values({ id: projectId, ...owner, name: 'shop' })
    .execute();
  await t.db
    .insertInto('apps')
    .values({ id: appId, ...owner, project_id: projectId, name: 'shop' })
    .execute();
  const inProject = { ...owner, project_id: projectId };
  await t.db
    .insertInto('databases')
    .values({
      id: databaseId,
      ...inProject,
      name: 'shop-db',
      engine: 'postgres',
      version: '15',
      plan: 'small',
    })
    .execute();
  await t.db
    .insertInto('object_stores')
    .values({ id: storeId, ...inProject, name: 'up', endpoint: 'https://x.y', region: 'r', bucket: 'bbb' })
    .execute();
  const attachment = { ...owner, app_id: appId, main: false };
  await t.db
    .insertInto('database_attachments')
    .values({ id: newId(), ...attachment, database_id: databaseId, variables: '["SHOP_DB_URL"]' })
    .execute();
  await t.db
    .insertInto('object_attachments')
    .values({ id: newId(), ...attachment, store_id: storeId, variables: '["UP_BUCKET"]' })
    .execute();
  for (const name of ['SHOP_DB_URL', 'UP_BUCKET', 'LOG_LEVEL'])
    await t.db
      .insertInto('config_vars')
      .values({ ...owner, app_id: appId, name, sealed: `sealed ${name}`, secret: name === 'SHOP_DB_URL' })
      .execute();
  expect(await attachedConfig(t.db, appId)).toEqual({
    SHOP_DB_URL: { sealed: 'sealed SHOP_DB_URL', secret: true },
    UP_BUCKET: { sealed: 'sealed UP_BUCKET', secret: false },
  });
});
