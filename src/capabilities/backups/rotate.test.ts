import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vaultUnreachable } from '../../adapters/restic/errors.ts';
import { backupsWorld, type World } from './testing.ts';

let w: World;
beforeEach(async () => {
  w = await backupsWorld();
});
afterEach(() => w.close());

const dump = () => ({ source: { type: 'database', id: w.databaseId }, kind: 'dump', name: 'orders' });
const run = () => w.operate('backups.run', { projectId: w.projectId, items: [dump()], reason: 'request' });
const stored = () => [...w.restic.repositories.values()].map(({ snapshots }) => snapshots);

describe('a rotation', () => {
  const rotate = (after: Date) =>
    w.operate('backups.rotate', {
      projectId: w.projectId,
      items: [dump()],
      reason: 'request',
      after: after.toISOString(),
    });
  const generations = async () =>
    (
      await w.t.db
        .selectFrom('repositories as r')
        .innerJoin('vaults as v', 'v.id', 'r.vault_id')
        .select(['v.name', 'r.generation', 'r.sealed_key', 'r.succeeded_at'])
        .orderBy('v.name')
        .orderBy('r.generation')
        .execute()
    ).map((one) => ({ ...one, over: one.succeeded_at !== null }));
  beforeEach(async () => {
    await w.addVault('away');
    await w.addVault('here');
    await run();
  });

  it('begins a generation with another key in each vault, and puts everything into it', async () => {
    expect(await rotate(new Date())).toMatchObject({ status: 'succeeded' });
    const all = await generations();
    expect(all.map(({ name, generation, over }) => `${name} ${generation} ${over}`)).toEqual([
      'away 1 true',
      'away 2 false',
      'here 1 true',
      'here 2 false',
    ]);
    expect(new Set(all.map((one) => one.sealed_key)).size).toBe(4);
    expect(new Set([...w.restic.repositories.values()].map(({ key }) => key)).size).toBe(4);
    expect(stored().map((snapshots) => snapshots.size)).toEqual([2, 2, 2, 2]);
  });

  it('goes on where it was killed, and makes no third one', async () => {
    const asked = new Date();
    w.servers.get(w.databaseId)!.breaks = true;
    expect(await rotate(asked)).toMatchObject({ status: 'failed' });
    w.servers.get(w.databaseId)!.breaks = false;
    expect(await rotate(asked)).toMatchObject({ status: 'succeeded' });
    expect((await generations()).map(({ generation }) => generation)).toEqual([1, 2, 1, 2]);
  });

  it('puts nothing into a generation that is too old, where the vault is dead', async () => {
    w.restic.trouble = vaultUnreachable('here', 'nobody');
    expect(await rotate(new Date())).toMatchObject({ status: 'failed', code: 'restic_vault_unreachable' });
    w.restic.trouble = undefined;
    expect(stored().map((snapshots) => snapshots.size)).toEqual([2, 2]);
  });
});
