import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../db/testing.ts';
import { alert, settle } from './alert.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());

const told = {
  severity: 'critical',
  code: 'backup_overdue',
  subject: 'database:1',
  message: 'late',
  next: 'look',
} as const;
const rows = () => t.db.selectFrom('alerts').selectAll().orderBy('first_at').execute();

it('is one alert while it lasts, and a new one when it comes back', async () => {
  expect(await alert(t.db, told)).toBe(true);
  expect(await alert(t.db, { ...told, message: 'later' })).toBe(false);
  expect(await rows()).toMatchObject([{ times: 2, message: 'later', resolved_at: null }]);
  expect(await alert(t.db, { ...told, subject: 'database:2' })).toBe(true);

  await settle(t.db, told.code, told.subject);
  expect(await alert(t.db, told)).toBe(true);
  const open = (await rows()).filter((row) => row.resolved_at === null);
  expect(open.map((row) => row.subject).sort()).toEqual(['database:1', 'database:2']);
});

it('is in the audit log once', async () => {
  const lines = await t.db
    .selectFrom('audit_log')
    .select('action')
    .where('target', '=', 'database:2')
    .execute();
  expect(lines).toEqual([{ action: 'alert.backup_overdue' }]);
});
