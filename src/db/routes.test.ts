import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../kernel/id.ts';
import { type TestDatabase, testDatabase } from './testing.ts';

let t: TestDatabase;
let heard = 0;
const ids = { organization: newId(), project: newId(), app: newId() };

beforeAll(async () => {
  t = await testDatabase();
  await t.db.insertInto('organizations').values({ id: ids.organization, name: 'acme' }).execute();
  await t.db
    .insertInto('projects')
    .values({ id: ids.project, organization_id: ids.organization, name: 'shop' })
    .execute();
  await t.listen('bastide_routes', () => {
    heard += 1;
  });
});
afterAll(() => t.close());

async function heardOf(change: { execute(): Promise<unknown> }): Promise<boolean> {
  const before = heard;
  await change.execute();
  // Told after the commit; another question comes after it.
  await t.db.selectFrom('apps').select('id').execute();
  return heard > before;
}

it('whatever the routes of the edge follow from tells of its change, and nothing else does', async () => {
  const { db } = t;
  const own = { organization_id: ids.organization };
  const app = db.insertInto('apps').values({ id: ids.app, ...own, project_id: ids.project, name: 'shop' });
  expect(await heardOf(app)).toBe(true);
  const domain = { id: newId(), ...own, app_id: ids.app, host: 'shop.example.org', kind: 'custom' } as const;
  expect(await heardOf(db.insertInto('domains').values(domain))).toBe(true);
  expect(await heardOf(db.updateTable('apps').set({ maintenance: true }))).toBe(true);
  expect(await heardOf(db.updateTable('apps').set({ body_limit: 1000 }))).toBe(true);
  expect(await heardOf(db.updateTable('projects').set({ request_limit: 100 }))).toBe(true);
  expect(await heardOf(db.updateTable('releases').set({ traffic: 'none' }))).toBe(true);
  expect(await heardOf(db.deleteFrom('domains').where('id', '=', domain.id))).toBe(true);

  expect(await heardOf(db.updateTable('apps').set({ formation: '{"web":2}' }))).toBe(false);
  expect(await heardOf(db.updateTable('projects').set({ suspended_at: new Date() }))).toBe(false);
  expect(await heardOf(db.updateTable('releases').set({ status: 'superseded' }))).toBe(false);
});
