import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StepContext } from '../../engine/capability.ts';
import { newId } from '../../kernel/id.ts';
import { fill } from './perform/restore.ts';
import { restoreVolume } from './perform/restore-volume.ts';
import { backupsWorld, type World } from './testing.ts';

let w: World;
beforeEach(async () => {
  w = await backupsWorld();
});
afterEach(() => w.close());

/** Another project, of the same organization, with a database and a volume. */
async function neighbour() {
  const [project, database, volume] = [newId(), newId(), newId()];
  const of = { organization_id: w.organizationId, project_id: project };
  await w.t.db
    .insertInto('projects')
    .values({ id: project, organization_id: w.organizationId, name: 'next-door' })
    .execute();
  await w.t.db
    .insertInto('databases')
    .values({
      id: database,
      ...of,
      name: 'theirs',
      engine: 'postgres',
      version: '15',
      plan: 'small',
      status: 'ready',
    })
    .execute();
  await w.t.db
    .insertInto('volumes')
    .values({ id: volume, ...of, name: 'theirs' })
    .execute();
  return { database, volume };
}

it('a backup that was put back and found equal is not called unproven any more, and one that was not equal is', async () => {
  await w.addVault('here');
  const item = { source: { type: 'database', id: w.databaseId }, kind: 'dump', name: 'orders' };
  await w.operate('backups.run', { projectId: w.projectId, items: [item], reason: 'request' });
  const row = () => w.t.db.selectFrom('backups').selectAll().executeTakeFirstOrThrow();
  const { id: backupId, manifest } = await row();
  const into = { backupId, projectId: w.projectId, databaseId: w.databaseId, inPlace: true, incarnation: 2 };
  const context = {
    operation: { id: newId() },
    log: () => undefined,
    signal: new AbortController().signal,
  } as unknown as StepContext;
  await w.t.db.updateTable('backups').set({ manifest: '{"tables":[]}' }).execute();
  await fill(w.deps, { ...into, to: null }, context).catch(() => undefined);
  expect(await row()).toMatchObject({ verdict: 'unproven', restored_at: null });
  await w.t.db
    .updateTable('backups')
    .set({ manifest: JSON.stringify(manifest) })
    .execute();
  expect(await fill(w.deps, { ...into, to: null }, context)).toBeUndefined();
  expect(await row()).toMatchObject({ verdict: 'sound', restored_at: expect.any(Date) });
});

it("a backup goes back into its own project only, whatever the operation's row says", async () => {
  await w.addVault('here');
  const item = { source: { type: 'database', id: w.databaseId }, kind: 'dump', name: 'orders' };
  await w.operate('backups.run', { projectId: w.projectId, items: [item], reason: 'request' });
  const { id: backupId } = await w.t.db.selectFrom('backups').select('id').executeTakeFirstOrThrow();
  const { database, volume } = await neighbour();
  const context = {
    operation: { id: newId() },
    log: () => undefined,
    signal: new AbortController().signal,
  } as unknown as StepContext;
  const into = { backupId, projectId: w.projectId, databaseId: database, inPlace: true, incarnation: 2 };
  expect(await fill(w.deps, { ...into, to: null }, context)).toMatchObject({
    code: 'backup_of_another_project',
  });
  await w.t.db.updateTable('backups').set({ kind: 'volume' }).execute();
  expect(await restoreVolume(w.deps, { backupId, volumeId: volume, path: null }, context)).toMatchObject({
    code: 'backup_of_another_project',
  });
});
