import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { noteSigner } from '../../adapters/signer/notes.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { renderCheckpoint } from '../../kernel/note.ts';
import { checkLog } from './check.ts';
import { retentionView, retireOld } from './retention.ts';
import { rootAt, seal } from './seal.ts';
import { exportPage } from './store/export.ts';
import { noteKey } from './store/keeping.ts';
import { setPolicy } from './store/retention.ts';
import { asSuperuser, copyLog, putBack } from './testing.ts';
import { verifyFile } from './verify-file.ts';

/** Entries sealed 400, 300 and 10 days ago. */
const OLD = 7;
const MIDDLE = 4;
const NEW = 5;
const DAY = 86_400_000;

let t: TestDatabase;
const signer = noteSigner('example.org/audit', generateKeyPairSync('ed25519').privateKey);
const now = new Date();
const deps = () => ({ db: t.db, signer, witnesses: [], now: () => now });
const write = (n: number) =>
  sql`insert into audit_log (actor, action, target, outcome) select 'ann', 'apps:deploy', 'app:' || n, 'allowed'
    from generate_series(1, ${n}::int) n`.execute(t.db);
const check = () => checkLog(t.db, signer.key, []);
const faults = async () => (await check()).faults.map(({ kind, index }) => `${kind} ${index}`);
const policy = (days: number) => withTenant(t.db, { operator: true }, (tx) => setPolicy(tx, days, 'ann'));
const seqs = (from: number, to: number) =>
  sql`select seq from audit_leaves where index >= ${from} and index < ${to}`;

beforeAll(async () => {
  t = await testDatabase();
  await noteKey(t.db, 'k');
  for (const [entries, days] of [
    [OLD, 400],
    [MIDDLE, 300],
    [NEW, 10],
  ] as const) {
    await write(entries);
    await seal(t.db, signer, () => new Date(now.getTime() - days * DAY));
  }
  await copyLog(t.db, 'whole');
});
afterAll(() => t.close());
afterEach(async () => {
  await putBack(t.db, 'whole');
  await asSuperuser(t.db, (tx) => sql`truncate audit_retirements, audit_retention`.execute(tx));
});

it('removes nothing without a policy, and says before what one would remove', async () => {
  expect(await retireOld(deps())).toBe(0);
  expect(await retentionView(t.db, 365, now)).toMatchObject({
    days: null,
    retired: 0,
    due: { days: 365, entries: OLD, heldBy: null },
  });
  expect((await retentionView(t.db, 200, now)).due?.entries).toBe(OLD + MIDDLE);
  expect(await check()).toMatchObject({ entries: OLD + MIDDLE + NEW, retired: 0, faults: [] });
});

it('removes what is older, batch by batch, in a log that holds all the same and says so', async () => {
  await policy(365);
  expect(await retireOld(deps(), 3)).toBe(OLD);
  expect(await retireOld(deps(), 3)).toBe(0);
  const left = await t.db.selectFrom('audit_log').select(['action', 'detail']).orderBy('seq').execute();
  expect(left.filter(({ action }) => action === 'apps:deploy')).toHaveLength(MIDDLE + NEW);
  expect(left.filter(({ action }) => action === 'audit.retired')).toHaveLength(3);
  await seal(t.db, signer, () => now);
  expect(await check()).toMatchObject({ entries: OLD + MIDDLE + NEW + 3, retired: OLD, faults: [] });
  expect(await retentionView(t.db, undefined, now)).toMatchObject({ days: 365, retired: OLD });
});

it('an export says what was retired, and verifies without a server', async () => {
  await policy(365);
  await retireOld(deps());
  await seal(t.db, signer, () => now);
  const page = await exportPage(t.db, { from: 0, limit: 1000, whole: true });
  if (!('lines' in page)) throw new Error(page.message);
  const { origin, key, size, checkpoint, retired, lines: entries } = page;
  const head = { format: 'bastide-audit/1', origin, key, whole: true, size, exportedAt: '' };
  const verify = async (more: readonly unknown[]) => {
    async function* texts() {
      for (const line of [head, ...more, { checkpoint }, ...entries]) yield JSON.stringify(line);
    }
    return verifyFile(texts(), { key: signer.key, witnessed: [] });
  };
  expect(await verify([{ retired }])).toMatchObject({ retired: OLD, faults: [] });
  expect((await verify([]))?.faults.map(({ kind }) => kind)).toEqual(Array(OLD).fill('removed'));
});

it('the same removal without the signed statement is found, entry by entry', async () => {
  await asSuperuser(t.db, (tx) => sql`delete from audit_log where seq in (${seqs(0, OLD)})`.execute(tx));
  expect(await faults()).toEqual(Array.from({ length: OLD }, (_, index) => `removed ${index}`));
});

it('so is a statement that somebody else signed, and one that was changed', async () => {
  await policy(365);
  await retireOld(deps());
  await seal(t.db, signer, () => now);
  const other = noteSigner(signer.key.name, generateKeyPairSync('ed25519').privateKey);
  const text = async (size: number) =>
    renderCheckpoint({
      ...{ origin: `${signer.key.name}/retired`, size, root: await rootAt(t.db, size) },
      more: [`before ${now.toISOString()}`],
    });
  const beyond = OLD + MIDDLE;
  const forged = other.sign(await text(beyond));
  await asSuperuser(t.db, async (tx) => {
    await sql`delete from audit_log where seq in (${seqs(OLD, beyond)})`.execute(tx);
    await sql`insert into audit_retirements (through, before, entries, statement)
      values (${beyond}, now(), ${MIDDLE}, ${forged})`.execute(tx);
  });
  const gone = Array.from({ length: MIDDLE }, (_, n) => `removed ${OLD + n}`);
  expect(await faults()).toEqual(['unreadable null', ...gone]);
  await asSuperuser(t.db, async (tx) => {
    await sql`delete from audit_retirements where through = ${beyond}`.execute(tx);
    await sql`update audit_retirements set statement = replace(statement, E'\n' || ${OLD}::text || E'\n', E'\n' || ${beyond}::text || E'\n')`.execute(
      tx,
    );
  });
  expect((await faults())[0]).toBe('unreadable null');
});

it('more than the statement covers is found, also where it is older than the statement says', async () => {
  await policy(365);
  await retireOld(deps());
  await seal(t.db, signer, () => now);
  await asSuperuser(t.db, (tx) =>
    sql`delete from audit_log where seq in (${seqs(OLD, OLD + 1)})`.execute(tx),
  );
  expect(await faults()).toEqual([`removed ${OLD}`]);
});

it('a statement over another history is found', async () => {
  await policy(365);
  const signed = signer.sign(
    renderCheckpoint({
      ...{ origin: `${signer.key.name}/retired`, size: OLD, root: Buffer.alloc(32, 7) },
      more: [`before ${now.toISOString()}`],
    }),
  );
  await sql`select audit_retire(${OLD}::bigint, now() - interval '366 days', ${signed})`.execute(t.db);
  await seal(t.db, signer, () => now);
  expect((await faults())[0]).toBe('rewritten 0');
});

it('the database refuses what no policy retires, and anything below the floor', async () => {
  const retire = (through: number, before: string) =>
    sql`select audit_retire(${through}::bigint, now() - ${before}::interval, 'x')`.execute(t.db);
  await expect(retire(OLD, '365 days')).rejects.toThrow('no policy');
  await policy(365);
  await expect(retire(OLD, '200 days')).rejects.toThrow('no policy');
  await expect(retire(OLD + 1, '365 days')).rejects.toThrow('no policy');
  await expect(policy(179)).rejects.toThrow('audit_retention_days_check');
  await expect(t.db.deleteFrom('audit_log').execute()).rejects.toThrow('append-only');
  await expect(t.db.deleteFrom('audit_retirements').execute()).resolves.toBeDefined();
  await retire(OLD, '366 days');
  await expect(sql`delete from audit_retirements`.execute(t.db)).rejects.toThrow('append-only');
  const tenant = (sees: object) =>
    withTenant(t.db, sees as never, (tx) => tx.selectFrom('audit_retention').selectAll().execute());
  expect(await tenant({ operator: true })).toHaveLength(1);
  expect(await tenant({ organizationId: '019a0000-0000-7000-8000-000000000000' })).toHaveLength(0);
});

it('what a syslog server has not got stays until it has', async () => {
  await policy(365);
  await sql`insert into audit_forwards (name, host, port, added_by) values ('siem', 'h', 1, 'ann')`.execute(
    t.db,
  );
  expect((await retentionView(t.db, undefined, now)).due).toMatchObject({ entries: 0, heldBy: 'siem' });
  expect(await retireOld(deps())).toBe(0);
  await sql`insert into audit_outlets (name, kind, position) values ('syslog:siem', 'syslog', 4)`.execute(
    t.db,
  );
  expect(await retireOld(deps())).toBe(4);
});
