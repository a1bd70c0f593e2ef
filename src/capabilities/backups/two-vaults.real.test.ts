import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runner } from '../../adapters/exec/run.ts';
import { makeRestic } from '../../adapters/restic/restic.ts';
import type { VaultAccess } from '../../adapters/vault/port.ts';
import { startVault, type TestVault } from '../../vault/testbed.ts';
import { signingRestic } from './perform/signing.ts';
import * as store from './store.ts';
import { backupsWorld, type World } from './testing.ts';

let w: World;
let root: string;
const vaults = new Map<string, { readonly vault: TestVault; readonly access: VaultAccess }>();

/** Two real vaults and the real restic; databases and the operations are those of the fast tests. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'two-vaults-'));
  w = await backupsWorld();
  for (const name of ['away', 'here']) {
    const vault = await startVault();
    vaults.set(name, { vault, access: await vault.platform('platform-1') });
    await w.addVault(name);
  }
  const restic = makeRestic({ exec: runner, runDirectory: root, patienceSeconds: 10 });
  Object.assign(w.deps, {
    restic: signingRestic(restic, w.deps.signer),
    now: () => new Date(),
    place: async ({ name }: { name: string }, repository: string) => {
      const { vault, access } = vaults.get(name)!;
      const { key: _, ...place } = vault.repository(access, repository);
      return place;
    },
  });
});
afterAll(async () => {
  for (const { vault } of vaults.values()) await vault.stop();
  await w.close();
  await rm(root, { recursive: true, force: true });
});

const run = () =>
  w.operate('backups.run', {
    projectId: w.projectId,
    items: [{ source: { type: 'database', id: w.databaseId }, kind: 'dump', name: 'orders' }],
    reason: 'request',
  });
const dumps = async (vault: string) =>
  (await store.backupsOfProject(w.t.db, w.projectId, { kind: 'dump', limit: 100 })).filter(
    (row) => row.vault === vault,
  );
const states = async () =>
  Object.fromEntries((await store.activeVaults(w.t.db)).map(({ name, status }) => [name, status]));
const alerts = async () =>
  (
    await w.t.db
      .selectFrom('alerts')
      .select('code')
      .where('resolved_at', 'is', null)
      .orderBy('code')
      .execute()
  ).map(({ code }) => code);
const prove = async (vault: string) => w.operate('backups.prove', { backupId: (await dumps(vault))[0]!.id });
const check = async () => {
  const rows = await store.allRepositories(w.t.db);
  for (const { id } of rows)
    expect(await w.operate('backups.check', { repositoryId: id, data: true })).toMatchObject({
      status: 'succeeded',
    });
};

test('a backup lands in both vaults', async () => {
  expect(await run()).toMatchObject({ status: 'succeeded' });
  expect([(await dumps('away')).length, (await dumps('here')).length]).toEqual([1, 1]);
  expect(await states()).toEqual({ away: 'ready', here: 'ready' });
});

test.each([
  ['away', 'here'],
  ['here', 'away'],
] as const)(
  'with %s dead, %s has all of it and that is said; what was there stays, and it catches up',
  async (dead, alive) => {
    const [before, other] = [await dumps(dead), await dumps(alive)];
    await vaults.get(dead)!.vault.stopStore();
    w.servers.get(w.databaseId)!.content = `the orders while ${dead} is dead`;
    expect(await run()).toMatchObject({ status: 'failed', code: 'restic_vault_unreachable' });
    expect(await dumps(alive)).toHaveLength(other.length + 1);
    expect((await dumps(dead)).map(({ id, verdict }) => [id, verdict])).toEqual(
      before.map(({ id, verdict }) => [id, verdict]),
    );
    expect(await states()).toEqual({ [dead]: 'unreachable', [alive]: 'ready' });
    // Whichever was tried last: that the other one took it does not make it well.
    expect(await alerts()).toEqual(['backup_failed', 'vault_unreachable']);
    expect(await prove(alive)).toMatchObject({ status: 'succeeded' });
    // It is due for the vault that lacks it, after a pause.
    const [source] = await store.sources(w.t.db, w.projectId);
    expect(source!.state).toMatchObject({ failures: expect.any(Number) });
    expect(source!.state.failures).toBeGreaterThan(0);

    await vaults.get(dead)!.vault.startStore();
    expect(await run()).toMatchObject({ status: 'succeeded' });
    expect(await dumps(dead)).toHaveLength(before.length + 1);
    expect(await states()).toEqual({ away: 'ready', here: 'ready' });
    expect(await alerts()).toEqual([]);
    await check();
    expect(await alerts()).toEqual([]);
  },
  600_000,
);

test('what comes back, comes from the vault that is left', async () => {
  const wanted = (await dumps('here'))[0]!;
  await vaults.get('away')!.vault.stopStore();
  expect(await prove('away')).toMatchObject({ status: 'failed' });
  expect(await states()).toEqual({ away: 'unreachable', here: 'ready' });
  await w.t.db.updateTable('databases').set({ status: 'suspended' }).execute();
  // The first is gone for good: a recovery takes the second's.
  expect(await store.toRecover(w.t.db, w.projectId)).toMatchObject([{ backupId: wanted.id }]);
  expect(await prove('here')).toMatchObject({ status: 'succeeded' });
  await w.t.db.updateTable('databases').set({ status: 'ready' }).execute();
  await vaults.get('away')!.vault.startStore();
});
