import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vaultUnreachable } from '../../adapters/restic/errors.ts';
import { newId } from '../../kernel/id.ts';
import { DAY } from './model.ts';
import { platformItems } from './operations.ts';
import * as store from './store.ts';
import { backupsWorld, type World } from './testing.ts';
import { askRecoveries, runDueBackups, runDueChecks, watchOverdue } from './upkeep.ts';

let w: World;
beforeEach(async () => {
  w = await backupsWorld();
});
afterEach(() => w.close());

const dump = () => ({ source: { type: 'database', id: w.databaseId }, kind: 'dump', name: 'orders' });
const run = (items: unknown[] = [dump()]) =>
  w.operate('backups.run', { projectId: w.projectId, items, reason: 'request' });
const rows = () => w.t.db.selectFrom('backups').selectAll().orderBy('started_at').orderBy('id').execute();
const openAlerts = async () =>
  (
    await w.t.db
      .selectFrom('alerts')
      .select('code')
      .where('resolved_at', 'is', null)
      .orderBy('code')
      .execute()
  ).map(({ code }) => code);
const repository = () => w.t.db.selectFrom('repositories').selectAll().executeTakeFirstOrThrow();
const check = async () => w.operate('backups.check', { repositoryId: (await repository()).id, data: true });
const stored = () => [...w.restic.repositories.values()].map(({ snapshots }) => snapshots);

describe('a backup', () => {
  it('is in every vault and on the list, with what it must be equal to', async () => {
    await w.addVault('here');
    await w.addVault('away');
    expect(await run()).toMatchObject({ status: 'succeeded' });
    const list = await rows();
    expect(list).toHaveLength(2);
    expect(list[0]).toMatchObject({ kind: 'dump', source_name: 'orders', verdict: 'unproven', bytes: 10 });
    expect(list[0]!.manifest).toMatchObject({ version: '15', tables: [{ rows: 10 }] });
    // And beside it its line of the list.
    expect(stored().map((snapshots) => snapshots.size)).toEqual([2, 2]);
    const keys = [...w.restic.repositories.values()].map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
  });

  it('that breaks off is none, and somebody hears of it', async () => {
    await w.addVault('here');
    w.servers.get(w.databaseId)!.breaks = true;
    expect(await run()).toMatchObject({ status: 'failed', code: 'database_dump_incomplete' });
    expect(await rows()).toEqual([]);
    expect(stored()[0]!.size).toBe(0);
    expect(await openAlerts()).toEqual(['backup_failed']);

    w.servers.get(w.databaseId)!.breaks = false;
    await run();
    expect(await openAlerts()).toEqual([]);
  });

  it('is refused where there is no vault, and loses nothing where the vault is dead', async () => {
    expect(await run()).toMatchObject({ status: 'failed', code: 'backup_no_vault' });
    await w.addVault('here');
    await run();
    w.restic.trouble = vaultUnreachable('here', 'nobody');
    expect(await run()).toMatchObject({ status: 'failed', code: 'restic_vault_unreachable' });
    expect(await openAlerts()).toEqual(['backup_failed', 'vault_unreachable']);
    w.restic.trouble = undefined;
    expect(await rows()).toHaveLength(1);
    await run();
    expect(await openAlerts()).toEqual([]);
  });

  it('begins a generation with a key of its own in a new month', async () => {
    await w.addVault('here');
    await run();
    await w.t.db
      .updateTable('repositories')
      .set({ created_at: new Date('2026-10-31T00:00:00Z') })
      .execute();
    await run();
    const all = await w.t.db.selectFrom('repositories').selectAll().orderBy('generation').execute();
    expect(all.map((one) => one.name)).toEqual([`${w.projectId}-1`, `${w.projectId}-2`]);
    expect(all[0]!.succeeded_at).not.toBeNull();
    expect(all[1]!.succeeded_at).toBeNull();
  });
});

describe('a check', () => {
  beforeEach(async () => {
    await w.addVault('here');
    await run();
    await run();
  });

  it('of a sound repository says so, and reads the next part next time', async () => {
    expect(await check()).toMatchObject({ status: 'succeeded' });
    expect((await rows()).every((row) => row.checked_at !== null)).toBe(true);
    expect(await repository()).toMatchObject({ data_part: 2 });
    expect(await openAlerts()).toEqual([]);
  });

  it('misses a snapshot that was removed, which the repository itself does not', async () => {
    const [first] = await rows();
    stored()[0]!.delete(first!.snapshot_id);
    await check();
    expect((await rows()).map((row) => row.verdict)).toEqual(['missing', 'unproven']);
    expect(await openAlerts()).toEqual(['backup_missing']);
  });

  it('knows a line that was changed, and a snapshot that nobody of us made', async () => {
    await w.t.db.updateTable('backups').set({ source_name: 'other' }).execute();
    const [snapshots] = stored();
    const one = [...snapshots!.values()][0]!;
    snapshots!.set('f'.repeat(64), { ...one, id: 'f'.repeat(64), tags: [], takenAt: new Date(0) });
    await check();
    expect(await openAlerts()).toEqual(['backup_list_forged', 'backup_unknown_snapshot']);
  });

  it('says which backups a damage concerns', async () => {
    const [first] = await rows();
    w.restic.findings = [
      { kind: 'pack_damaged', id: 'a', said: 'a pack is damaged', snapshots: [first!.snapshot_id] },
    ];
    await check();
    expect((await rows()).map((row) => row.verdict)).toEqual(['broken', 'unproven']);
    expect(await openAlerts()).toEqual(['repository_damaged']);
  });
});

describe('a proof', () => {
  const prove = async () => w.operate('backups.prove', { backupId: (await rows())[0]!.id });

  it('restores the backup and finds it equal', async () => {
    await w.addVault('here');
    await run();
    w.servers.get(w.databaseId)!.content = 'something else by now';
    expect(await prove()).toMatchObject({ status: 'succeeded' });
    const [row] = await rows();
    expect(row).toMatchObject({ verdict: 'sound' });
    expect(row!.restored_at).not.toBeNull();
  });

  it('finds what is not equal', async () => {
    await w.addVault('here');
    await run();
    const [snapshot] = [...stored()[0]!.values()];
    snapshot!.files.set('/dump.postgres', Buffer.from('the 0rders'));
    expect(await prove()).toMatchObject({ status: 'failed', code: 'backup_not_equal' });
    expect((await rows())[0]).toMatchObject({ verdict: 'broken', restored_at: null });
    expect(await openAlerts()).toEqual(['backup_not_restorable']);
  });

  it('that cannot be tried does not call the backup broken', async () => {
    await w.addVault('here');
    await run();
    w.restic.trouble = vaultUnreachable('here', 'nobody');
    await prove();
    expect((await rows())[0]).toMatchObject({ verdict: 'unproven' });
    const [told] = await w.t.db.selectFrom('verifications').select('verdict').execute();
    expect(told).toEqual({ verdict: 'inconclusive' });
  });
});

describe('by itself', () => {
  const submitted = async () =>
    (await w.t.db.selectFrom('operations').select(['kind', 'project_id']).orderBy('kind').execute()).map(
      ({ kind, project_id }) => `${kind}${project_id ? '' : ' platform'}`,
    );

  it('tells that there is no vault, and asks for nothing', async () => {
    await runDueBackups(w.deps);
    expect(await openAlerts()).toEqual(['backup_no_vault']);
    expect(await submitted()).toEqual([]);
  });

  it('asks for what was never backed up, once', async () => {
    await w.addVault('here');
    await runDueBackups(w.deps);
    await runDueBackups(w.deps);
    expect(await submitted()).toEqual(['backups.run', 'backups.run platform']);
    expect(await openAlerts()).toEqual([]);
  });

  it('backs the platform up again once something was backed up that its last backup does not know', async () => {
    await w.addVault('here');
    const [day, never] = [new Date(w.now.getTime() - DAY), new Date(Date.now() + DAY)];
    const due = () => store.platformDue(w.t.db, day, never);
    expect(await due()).toBe(true);
    const ran = await w.operate('backups.run', { projectId: null, items: platformItems, reason: 'schedule' });
    expect(ran).toMatchObject({ status: 'succeeded' });
    expect(await due()).toBe(false);
    w.now = new Date(w.now.getTime() + 1000);
    await run();
    expect(await due()).toBe(true);
  });

  it('checks and proves what is there, and tells what is late', async () => {
    await w.addVault('here');
    await run();
    await w.t.db.updateTable('vaults').set({ status: 'ready' }).execute();
    await runDueChecks(w.deps);
    expect((await submitted()).filter((kind) => kind !== 'backups.run')).toEqual([
      'backups.check',
      'backups.prove',
    ]);
    w.now = new Date(Date.now() + 10 * 86_400_000);
    await watchOverdue(w.deps);
    expect(await openAlerts()).toEqual(
      expect.arrayContaining(['backup_overdue', 'backup_check_overdue', 'backup_proof_overdue']),
    );
  });
});

describe('after the platform was lost', () => {
  const database = () =>
    w.t.db
      .selectFrom('databases')
      .select(['status', 'incarnation', 'node', 'previous'])
      .executeTakeFirstOrThrow();
  const asked = () =>
    w.t.db
      .selectFrom('operations')
      .select(['kind', 'status', 'project_id'])
      .where('kind', '=', 'backups.recover')
      .orderBy('requested_at')
      .execute();
  const end = (requested: Date) =>
    w.t.db.updateTable('operations').set({ status: 'failed', requested_at: requested }).execute();
  beforeEach(async () => {
    await w.addVault('away');
    await run();
    await w.t.db.updateTable('databases').set({ node: 'the lost one' }).execute();
  });

  it('a database waits for its files, in a history of its own, and one operation a project brings them', async () => {
    expect(await store.beginRecovery(w.t.db)).toBe(1);
    expect(await database()).toEqual({ status: 'suspended', incarnation: 2, node: null, previous: null });
    expect(await asked()).toEqual([{ kind: 'backups.recover', status: 'queued', project_id: w.projectId }]);
    const [backup] = await rows();
    expect(await store.toRecover(w.t.db, w.projectId)).toMatchObject([
      { type: 'database', id: w.databaseId, name: 'orders', incarnation: 2, backupId: backup!.id },
    ]);
  });

  it('what did not come back is asked for again, an hour later', async () => {
    await store.beginRecovery(w.t.db);
    await askRecoveries(w.deps);
    expect(await asked()).toHaveLength(1);
    await end(new Date(w.now.getTime() - 30 * 60_000));
    await askRecoveries(w.deps);
    expect(await asked()).toHaveLength(1);
    await end(new Date(w.now.getTime() - 61 * 60_000));
    await askRecoveries(w.deps);
    expect(await asked()).toHaveLength(2);
  });

  it('a suspended project comes back when it is suspended no more', async () => {
    await w.t.db.updateTable('projects').set({ suspended_at: w.now }).execute();
    expect(await store.beginRecovery(w.t.db)).toBe(0);
    await askRecoveries(w.deps);
    expect(await asked()).toEqual([]);
    await w.t.db.updateTable('projects').set({ suspended_at: null }).execute();
    await askRecoveries(w.deps);
    expect(await asked()).toHaveLength(1);
  });

  it('what is there is not asked for', async () => {
    await askRecoveries(w.deps);
    expect(await asked()).toEqual([]);
  });
});

it('does not fail for what is asked of a backup that is not there', async () => {
  expect(await w.operate('backups.prove', { backupId: newId() })).toMatchObject({ code: 'backup_not_found' });
});
