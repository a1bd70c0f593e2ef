import type { Kysely } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../db/schema.ts';
import { testDatabase } from '../db/testing.ts';
import { newId } from '../kernel/id.ts';
import { ends, type Lane, lanesOf, QUEUED } from './fairness.ts';
import { claim } from './journal.ts';
import { queueFull } from './queue.ts';

const KINDS = [
  { kind: 'apps.deploy' },
  { kind: 'apps.release' },
  { kind: 'gateways.open' },
  { kind: 'gateways.close' },
  { kind: 'keys.tidy-root' },
  { kind: 'apps.logs', stream: true },
  { kind: 'apps.cron', stream: true },
];
const [changes, streams, kept] = lanesOf(KINDS, { changes: 6, streams: 32, kept: 3 }) as [Lane, Lane, Lane];

let db: Kysely<Database>;
let close: () => Promise<void>;
let tenants: Record<string, string>;

beforeAll(async () => {
  const test = await testDatabase();
  db = test.db;
  close = test.close;
  tenants = Object.fromEntries(['alpha', 'beta', 'gamma'].map((name) => [name, newId()]));
  for (const [name, id] of Object.entries(tenants))
    await db.insertInto('organizations').values({ id, name }).execute();
});
afterEach(() => db.deleteFrom('operations').execute());
afterAll(() => close());

let age = 0;
/** Asks for so many, each a second younger than what was asked for before. */
async function ask(tenant: string | null, kind: string, by: string, count = 1, target?: string) {
  age += count;
  await db
    .insertInto('operations')
    .values(
      Array.from({ length: count }, (_, n) => ({
        ...{ id: newId(), organization_id: tenant && tenants[tenant]!, kind, requested_by: by },
        target: target ?? `${kind}:${newId()}`,
        requested_at: new Date(Date.UTC(2026, 0, 1) + (age - count + n) * 1000),
      })),
    )
    .execute();
}
/** Who gets the places of a lane, as the worker hands them out. */
async function places(lane: Lane): Promise<string[]> {
  const got: string[] = [];
  while (got.length < lane.places) {
    const operation = await claim(db, 'n1', lane.kinds, lane);
    if (!operation) break;
    got.push(operation.requestedBy);
  }
  return got;
}

describe('one organization that asks for everything at once', () => {
  it('leaves half of the places for changes to others, who do not wait', async () => {
    await ask('alpha', 'apps.deploy', 'mallory', 40);
    expect(await places(changes)).toEqual(['mallory', 'mallory', 'mallory']);
    await ask('beta', 'apps.release', 'vera', 2);
    await ask('gamma', 'apps.deploy', 'grace', 2);
    expect(await places(changes)).toEqual(['vera', 'grace', 'vera', 'grace']);
  });

  it('leaves places for streams to others, and to its own other accounts', async () => {
    await ask('alpha', 'apps.logs', 'viewer', 60);
    await ask('alpha', 'apps.cron', 'system:cron', 1);
    await ask('beta', 'apps.cron', 'vera', 1);
    const got = await places(streams);
    expect(got.filter((by) => by === 'viewer')).toHaveLength(8);
    expect(got).toContain('system:cron');
    expect(got).toContain('vera');
    await ask('alpha', 'apps.logs', 'another', 60);
    expect(await places(streams)).toHaveLength(3);
  });

  it('does not hold up what ends something, nor the platform, though every place is taken', async () => {
    for (const tenant of ['alpha', 'beta', 'gamma']) await ask(tenant, 'apps.deploy', 'mallory', 3);
    expect(await places(changes)).toHaveLength(6);
    await ask('alpha', 'gateways.close', 'system:gateways', 2);
    await ask(null, 'keys.tidy-root', 'system:keys', 2);
    await ask('beta', 'gateways.close', 'vera');
    // One for each, and no deploy.
    expect((await places(kept)).sort()).toEqual(['system:gateways', 'system:keys', 'vera']);
  });

  it('is refused when it has as many waiting as may; what ends something is still taken', async () => {
    const full = (kind: string, tenant: string, actor: string) =>
      db
        .transaction()
        .execute((tx) => queueFull(tx, { kind, organizationId: tenants[tenant]!, actor }))
        .then((refusal) => refusal?.message);
    await ask('alpha', 'apps.logs', 'viewer', QUEUED.account - 1);
    await ask('alpha', 'apps.cron', 'system:cron', QUEUED.organization);
    expect(await full('apps.logs', 'alpha', 'viewer')).toBeUndefined();
    await ask('alpha', 'apps.logs', 'viewer');
    expect(await full('apps.logs', 'alpha', 'viewer')).toMatch(/^You have 100 operations/);
    expect(await full('apps.deploy', 'alpha', 'ann')).toBeUndefined();
    await ask('alpha', 'apps.logs', 'another', QUEUED.account);
    expect(await full('apps.deploy', 'alpha', 'ann')).toMatch(/^Your organization has 200 operations/);
    expect(await full('gateways.close', 'alpha', 'ann')).toBeUndefined();
    expect(await full('apps.deploy', 'beta', 'vera')).toBeUndefined();
  });
});

it('goes by age on one target, whoever asks and whatever has a share left', async () => {
  await ask('alpha', 'apps.deploy', 'ann', 3);
  await places(changes);
  await ask('alpha', 'gateways.open', 'ann', 1, 'grant:1');
  await ask('beta', 'gateways.close', 'system:gateways', 1, 'grant:1');
  expect(await places(changes)).toEqual([]);
  expect(await places(kept)).toEqual([]);
});

it('knows by its verb what ends something', () => {
  const all = ['gateways.close', 'apps.destroy', 'objects.unbind', 'databases.detach', 'projects.suspend'];
  expect(all.filter(ends)).toEqual(all);
  expect(['apps.deploy', 'erasure.erase', 'keys.retire', 'backups.run'].filter(ends)).toEqual([]);
});
