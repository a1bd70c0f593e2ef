import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noteSigner } from '../../adapters/signer/notes.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { checkLog } from './check.ts';
import { seal } from './seal.ts';
import { checkpoints, lastCheckpoint } from './store/leaves.ts';
import { append } from './store.ts';

let t: TestDatabase;
const signer = noteSigner('example.org/audit', generateKeyPairSync('ed25519').privateKey);
const now = () => new Date();
const check = () => checkLog(t.db, signer.key, []);
const write = (action: string, more: object = {}) =>
  withTenant(t.db, { operator: true }, (tx) =>
    append(tx, {
      ...{ actor: 'ann', action, target: 'app:shop', organizationId: null, outcome: 'allowed' },
      ...{ reason: 'because', sourceAddress: '192.0.2.7', detail: { b: 1, a: [null, 'x'] } },
      ...more,
    }),
  );

beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());

it('makes leaves of what was committed, signs their root, and finds the log sound', async () => {
  expect(await seal(t.db, signer, now)).toBe(0);
  for (const n of [1, 2, 3]) await write(`apps:deploy${n}`);
  expect((await check()).faults).toEqual([]);
  expect(await seal(t.db, signer, now)).toBe(3);
  for (const n of [4, 5]) await write(`apps:deploy${n}`);
  expect(await seal(t.db, signer, now)).toBe(2);
  expect((await checkpoints(t.db)).map(({ size }) => size)).toEqual([3, 5]);
  expect((await lastCheckpoint(t.db))?.note).toMatch(/^example\.org\/audit\n5\n/);
  expect(await check()).toMatchObject({ entries: 5, checkpoints: 2, erased: 0, faults: [] });
});

it('takes up what commits late in a later place', async () => {
  await sql`insert into audit_log (actor, action, target, outcome) overriding system value select 'x', 'late', 'y', 'done'`.execute(
    t.db,
  );
  await seal(t.db, signer, now);
  expect(await check()).toMatchObject({ entries: 6, faults: [] });
});

it('erases what is personal in a log that holds all the same, and only by its door', async () => {
  await write('members:remove', { actor: 'bob', target: 'account:ann' });
  await seal(t.db, signer, now);
  const erase = (person: string) =>
    sql<{ n: number }>`select audit_erase(${person}, 'operator', ${newId()}::uuid) as n`.execute(t.db);
  expect(Number((await erase('ann')).rows[0]!.n)).toBe(6);
  await seal(t.db, signer, now);
  const rows = await t.db.selectFrom('audit_log').selectAll().execute();
  expect(JSON.stringify(rows)).not.toMatch(/ann|because|192\.0\.2\.7/);
  expect(await check()).toMatchObject({ entries: 8, erased: 6, faults: [] });
  const blank = t.db.updateTable('audit_log').set({ actor: 'erased' }).where('action', '=', 'late').execute();
  await expect(blank).rejects.toThrow('append-only');
});
