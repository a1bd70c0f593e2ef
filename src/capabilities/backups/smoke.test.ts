import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupsWorld, type World } from './testing.ts';

let w: World;
beforeEach(async () => {
  w = await backupsWorld();
});
afterEach(() => w.close());

const dump = () => ({ source: { type: 'database', id: w.databaseId }, kind: 'dump', name: 'orders' });
const run = () => w.operate('backups.run', { projectId: w.projectId, items: [dump()], reason: 'request' });
const rows = () => w.t.db.selectFrom('backups').selectAll().execute();
const prove = async () => w.operate('backups.prove', { backupId: (await rows())[0]!.id });
const openAlerts = async () =>
  (await w.t.db.selectFrom('alerts').select('code').where('resolved_at', 'is', null).execute()).map(
    ({ code }) => code,
  );

describe('a proof with a query of the project', () => {
  const schedule = (smokeQuery: string) =>
    w.t.db
      .insertInto('backup_policies')
      .values({
        source_id: w.databaseId,
        organization_id: w.organizationId,
        project_id: w.projectId,
        every_hours: 24,
        smoke_query: smokeQuery,
      })
      .execute();
  const verdict = async () => {
    const [told] = await w.t.db.selectFrom('verifications').select(['verdict', 'detail']).execute();
    return { verdict: told!.verdict, smoke: told!.detail.smoke };
  };
  beforeEach(async () => {
    await w.addVault('here');
    await run();
  });

  it('asks it of the copy, and tells that it holds', async () => {
    await schedule('is orders');
    expect(await prove()).toMatchObject({ status: 'succeeded' });
    expect((await rows())[0]).toMatchObject({ verdict: 'sound', smoke: 'holds', verdict_message: null });
    expect(await verdict()).toEqual({ verdict: 'sound', smoke: 'holds' });
  });

  it('tells that it does not, and keeps the backup, which is equal, for a restore', async () => {
    await schedule('is users');
    expect(await prove()).toMatchObject({ status: 'failed', code: 'backup_smoke_failed' });
    const [row] = await rows();
    expect(row).toMatchObject({ verdict: 'sound', smoke: 'fails' });
    expect(row!.verdict_message).toContain('smoke query of backups:schedule');
    expect(row!.restored_at).not.toBeNull();
    expect(await verdict()).toEqual({ verdict: 'broken', smoke: 'fails' });
    expect(await openAlerts()).toEqual(['backup_smoke_failed']);
    await w.t.db.updateTable('backup_policies').set({ smoke_query: 'is orders' }).execute();
    await prove();
    expect(await openAlerts()).toEqual([]);
  });

  it('says where it cannot be asked, which says nothing of the backup', async () => {
    await schedule('selct');
    expect(await prove()).toMatchObject({ status: 'failed', code: 'backup_smoke_unusable' });
    expect((await rows())[0]).toMatchObject({ verdict: 'sound', smoke: null });
    expect(await verdict()).toEqual({ verdict: 'sound', smoke: 'unusable' });
    expect(await openAlerts()).toEqual(['backup_smoke_unusable']);
  });

  it('takes it from the live release of an app that the database is attached to', async () => {
    const shop = await w.addApp('shop', { orders: 'is users', other: 'selct' });
    expect((await prove()).code).toBeUndefined();
    await w.attach(shop);
    expect(await prove()).toMatchObject({ code: 'backup_smoke_failed' });
    expect((await rows())[0]!.verdict_message).toContain('shop (bastide.yaml)');
    await w.t.db.updateTable('releases').set({ traffic: 'draining' }).execute();
    expect((await prove()).code).toBeUndefined();
  });
});
