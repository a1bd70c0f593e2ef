import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rootKeyFile } from '../../adapters/envelope/root.ts';
import { FIRST, hashOf } from '../../adapters/vault/chain.ts';
import { vaultJournalBroken, vaultUnreachable } from '../../adapters/vault/errors.ts';
import type { JournalEntry, VaultClient, VaultStatus } from '../../adapters/vault/port.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import type { StepContext } from '../../engine/capability.ts';
import { newId } from '../../kernel/id.ts';
import { must, type Outcome } from '../../kernel/refusal.ts';
import type { VaultsDeps } from './deps.ts';
import { makeVaultsPerform } from './perform.ts';
import * as store from './store.ts';
import { watchVaults } from './watch.ts';

let t: TestDatabase;
let deps: VaultsDeps;
const directory = mkdtempSync(join(tmpdir(), 'vaults-'));
const wish = { name: 'offsite', url: 'https://192.0.2.7:8444', ca: 'a'.repeat(64), code: 'c'.repeat(40) };

/** A vault as its client sees it. */
const seen: { status: Outcome<VaultStatus>; entries: JournalEntry[]; broken: boolean; enrolled: string[] } = {
  status: {
    ...{
      vault: 'v',
      version: 1,
      now: '2026-11-22T05:00:00Z',
      state: 'ready',
      retentionDays: 183,
      keptAt: null,
    },
    disk: { totalBytes: 100, freeBytes: 60, reserveBytes: 5 },
    today: { bytes: 1, limitBytes: 50 },
    ...{ repositories: [], damaged: [], removed: [], journal: { seq: 0, hash: FIRST } },
  },
  entries: [],
  broken: false,
  enrolled: [],
};
const client: VaultClient = {
  status: async () => seen.status,
  journal: async (vault, after) =>
    seen.broken
      ? vaultJournalBroken(vault.url, after)
      : {
          entries: seen.entries.filter(({ seq }) => seq > after),
          links: seen.entries.filter(({ seq }) => seq > after),
          more: false,
        },
  authority: async () => 'PEM',
  async enrol(vault, code) {
    seen.enrolled.push(`${vault.user} ${code}`);
  },
};

function refused(
  kind: JournalEntry['kind'],
  user: string | null = 'us',
  over: Partial<JournalEntry> = {},
): void {
  const last = seen.entries.at(-1);
  const entry = {
    ...{ seq: (last?.seq ?? 0) + 1, at: '2026-11-22T05:00:00Z', kind, user, address: '198.51.100.7' },
    ...{ method: 'DELETE', path: '/r/p-1/config', count: 1, previous: last?.hash ?? FIRST },
    ...over,
  };
  seen.entries.push({ ...entry, hash: hashOf(entry) });
}
const open = async () =>
  (
    await t.db
      .selectFrom('alerts')
      .select(['code', 'severity', 'message'])
      .where('resolved_at', 'is', null)
      .execute()
  )
    .map(({ code }) => code)
    .sort();

beforeAll(async () => {
  t = await testDatabase();
  deps = { db: t.db, client, roots: rootKeyFile(join(directory, 'root.key')) };
  const operationId = newId();
  const perform = makeVaultsPerform(deps);
  for (const kind of ['prepare', 'prepare', 'enrol']) {
    if (kind === 'prepare' && (await store.addFacts(t.db, 'offsite', operationId)).prepared) continue;
    expect(await store.inUse(t.db)).toEqual([]);
    const step = { capability: 'vaults', kind, key: kind, summary: '', input: { wish, operationId } };
    must(await perform(step, {} as StepContext));
  }
});
afterAll(async () => {
  await t.close();
  rmSync(directory, { recursive: true });
});

test('a vault is in use once it took us in, and its password is wrapped', async () => {
  const [row] = await store.activeVaults(t.db);
  expect(row).toMatchObject({ name: 'offsite', place: 'elsewhere', ca: 'PEM' });
  expect(seen.enrolled).toEqual([`${row?.username} ${wish.code}`]);
  expect(row?.wrapped_password).not.toMatch(/^[0-9a-f]{64}$/);
});

test('a vault that is well raises nothing and says what it has', async () => {
  await watchVaults(deps);
  expect(await open()).toEqual([]);
  expect((await store.activeVaults(t.db))[0]).toMatchObject({ status: 'ready', facts: { freeBytes: 60 } });
});

describe('what a control announced', () => {
  const path = (name: string) => `/r/${name}-1/config`;
  const [canary, other] = [newId(), newId()];
  let repositories: Record<string, string>;
  let username: string;
  let vaultId: string;
  const announce = (project: string, method = 'DELETE') =>
    store.announceAttempt(t.db, {
      vaultId,
      repositoryId: repositories[project]!,
      method,
      path: path(project),
    });
  const refuse = (project: string, over: Partial<JournalEntry> = {}) =>
    refused('delete', username, { at: new Date().toISOString(), path: path(project), ...over });
  const alarmed = async () => {
    await watchVaults(deps);
    const codes = await open();
    await t.db.deleteFrom('alerts').execute();
    return codes.includes('vault_refused');
  };
  beforeAll(async () => {
    const [row] = await store.activeVaults(t.db);
    ({ id: vaultId, username } = row!);
    repositories = {};
    for (const [project, name] of [
      [canary, 'bastide-canary-a'],
      [other, 'acme'],
    ] as const) {
      const [organizationId, repositoryId] = [newId(), newId()];
      await t.db.insertInto('organizations').values({ id: organizationId, name }).execute();
      await t.db
        .insertInto('projects')
        .values({ id: project, organization_id: organizationId, name })
        .execute();
      await t.db
        .insertInto('repositories')
        .values({
          id: repositoryId,
          organization_id: organizationId,
          project_id: project,
          vault_id: vaultId,
          generation: 1,
          name: `${project}-1`,
        })
        .execute();
      repositories[project] = repositoryId;
    }
  });
  afterAll(async () => {
    seen.entries.length = 0;
    await t.db.updateTable('vaults').set({ journal_seq: 0, facts: '{}' }).execute();
    await t.db.deleteFrom('alerts').execute();
  });

  test('is no alarm, once', async () => {
    await announce(canary);
    refuse(canary);
    expect(await alarmed()).toBe(false);
    expect((await store.activeVaults(t.db))[0]?.facts).toMatchObject({ refused: [] });
    refuse(canary);
    expect(await alarmed(), 'a second one like it').toBe(true);
  });

  test('excuses nothing else', async () => {
    for (const over of [
      { method: 'PUT' },
      { path: `${path(canary)}x` },
      { at: new Date(Date.now() - 3_600_000).toISOString() },
      { count: 2 },
      { user: 'somebody' },
    ]) {
      await announce(canary);
      refuse(canary, over);
      expect(await alarmed(), JSON.stringify(over)).toBe(true);
      await t.db.deleteFrom('announced_attempts').execute();
    }
  });

  test("never excuses a customer's repository, whoever announced it", async () => {
    await announce(other);
    refuse(other);
    expect(await alarmed()).toBe(true);
  });
});

test('what it refused with our credential is an alert, once, and a stranger is another', async () => {
  refused('delete');
  refused('credential', null);
  await watchVaults(deps);
  await watchVaults(deps);
  expect(await open()).toEqual(['vault_refused', 'vault_stranger']);
  const [row] = await store.activeVaults(t.db);
  expect(Number(row?.journal_seq)).toBe(2);
  expect(row?.facts).toMatchObject({ refused: [{ kind: 'delete' }, { kind: 'credential' }] });
});

test('full, damaged, dead and forged are told, and well again is well again', async () => {
  const well = must(seen.status);
  seen.status = { ...well, state: 'full', damaged: ['p-1/data/aa'] };
  await watchVaults(deps);
  expect(await open()).toEqual(['vault_damaged', 'vault_full', 'vault_refused', 'vault_stranger']);
  expect((await store.activeVaults(t.db))[0]?.status).toBe('full');
  seen.status = vaultUnreachable(wish.url, 'gone');
  await watchVaults(deps);
  expect(await open()).toContain('vault_unreachable');
  seen.status = well;
  seen.broken = true;
  await watchVaults(deps);
  expect(await open()).toEqual(['vault_journal_broken', 'vault_refused', 'vault_stranger']);
});

test('a vault that is taken out of use frees its name and keeps its row', async () => {
  await store.retire(t.db, 'offsite');
  expect(await store.inUse(t.db)).toEqual([]);
  const rows = await t.db.selectFrom('vaults').select('name').execute();
  expect(rows[0]?.name).toMatch(/^offsite-r[0-9a-f]{10}$/);
});
