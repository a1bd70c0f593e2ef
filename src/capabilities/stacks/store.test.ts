import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import type { StackRecord } from './model.ts';
import { listStacks, recordStack } from './store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const record = (version: string, builtAt: string): StackRecord => ({
  name: 'node',
  version,
  description: 'A stack for tests.',
  suite: 'bookworm',
  abi: 'node-24',
  uid: 10001,
  recipe: 'r',
  manifestDigest: `sha256:${'a'.repeat(64)}`,
  diffIds: [`sha256:${'b'.repeat(64)}`],
  packages: 74,
  builtAt,
  mirrorAt: builtAt,
  seconds: 1,
});

describe('the versions of stacks', () => {
  it('are recorded once and shown newest first, to everybody', async () => {
    const old = record('20261101-0123456789ab', '2026-11-01T00:00:00.000Z');
    const young = record('20261120-0123456789ab', '2026-11-20T00:00:00.000Z');
    for (const each of [old, young, old]) await recordStack(database.db, each);
    const seen = await withTenant(database.db, { organizationIds: [] }, (db) => listStacks(db));
    expect(seen.map(({ version }) => version)).toEqual([young.version, old.version]);
    const none = await withTenant(database.db, { organizationIds: [] }, (db) => listStacks(db, 'php'));
    expect(none).toEqual([]);
  });
});
