import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import backupAge from '../../../controls/data/backup-age/control.ts';
import verificationAge from '../../../controls/data/verification-age/control.ts';
import { attempt } from '../../../controls/prober/attempt.ts';
import { makeClient, type Tokens } from '../../../controls/prober/client.ts';
import { makeTools } from '../../../controls/prober/tools.ts';
import { type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';
import { CANARY_ORGANIZATIONS } from './model.ts';

/** The controls of backups' age as they are, against the API as it is; backups are planted in the database. */
let api: TestApi;
let tools: ReturnType<typeof makeTools>;
const ids = { project: newId(), organization: newId(), database: newId(), repository: newId() };
const HOUR = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR);

beforeAll(async () => {
  api = await testApi();
  const { db } = api.t;
  const own = { organization_id: ids.organization, project_id: ids.project };
  const name = CANARY_ORGANIZATIONS.a;
  await db.insertInto('organizations').values({ id: ids.organization, name }).execute();
  await db
    .insertInto('projects')
    .values({ id: ids.project, organization_id: ids.organization, name, created_at: ago(900) })
    .execute();
  await db
    .insertInto('databases')
    .values({
      ...own,
      id: ids.database,
      name: 'canary-a',
      engine: 'postgres',
      version: '15',
      plan: 'small',
      status: 'ready',
    })
    .execute();
  await db
    .insertInto('volumes')
    .values({ ...own, id: newId(), name: 'canary', state: 'ready' })
    .execute();
  const vault = newId();
  await db
    .insertInto('vaults')
    .values({
      id: vault,
      name: 'elsewhere',
      url: 'https://vault.test:8444',
      place: 'elsewhere',
      username: 'platform',
    })
    .execute();
  await db
    .insertInto('repositories')
    .values({ ...own, id: ids.repository, vault_id: vault, generation: 1, name: `${ids.project}-1` })
    .execute();
  const token = await api.account('owner', ids.organization);
  await api.server.listen({ port: 0, host: '127.0.0.1' });
  const server = `http://127.0.0.1:${(api.server.server.address() as AddressInfo).port}`;
  const way = { address: undefined, ca: undefined };
  const tokens: Tokens = { prober: 'none', a: token, b: 'none' };
  tools = makeTools({
    client: makeClient(way, server, () => tokens),
    way,
    domain: 'localhost',
    address: '127.0.0.1',
    position: 'inside',
    say: () => {},
  });
});
afterAll(() => api.close());

async function plant(source: string, hours: number, proven: { checked?: number; restored?: number } = {}) {
  await api.t.db
    .insertInto('backups')
    .values({
      id: newId(),
      organization_id: ids.organization,
      project_id: ids.project,
      repository_id: ids.repository,
      kind: source === 'canary' ? 'volume' : 'dump',
      source_name: source,
      reason: 'schedule',
      snapshot_id: randomBytes(32).toString('hex'),
      bytes: 1,
      started_at: ago(hours),
      taken_at: ago(hours),
      signature: '',
      ...(proven.checked === undefined ? {} : { checked_at: ago(proven.checked) }),
      ...(proven.restored === undefined ? {} : { restored_at: ago(proven.restored) }),
    })
    .execute();
}

const whatBroke = () => api.logged.filter((one) => one.error !== undefined).map((one) => one.error);
const age = async () => (({ verdict, reason }) => `${verdict}: ${reason}`)(await attempt(backupAge, tools));
const proof = async () =>
  (({ verdict, reason }) => `${verdict}: ${reason}`)(await attempt(verificationAge, tools));

it('is red while there is none, and while one of two sources has only an old one', async () => {
  expect(await age(), String(whatBroke())).toBe(
    'broken: too old or not there: canary-a (none), canary (none)',
  );
  expect(whatBroke()).toEqual([]);
  await plant('canary-a', 40);
  await plant('canary', 2);
  expect(await age()).toBe('broken: too old or not there: canary-a (40 h old)');
});

it('holds when each has one within its policy', async () => {
  await plant('canary-a', 3, { checked: 1 });
  expect(await age()).toMatch(/^held/);
});

it('a backup that was never restored is no proof, until one was', async () => {
  expect(await proof()).toBe('broken: canary-a was not restored lately');
  await plant('canary-a', 3, { checked: 1, restored: 2 });
  expect(await proof()).toMatch(/^held/);
});

it('one that turns out broken is told at once', async () => {
  await api.t.db
    .updateTable('backups')
    .set({ verdict: 'missing' })
    .where('source_name', '=', 'canary')
    .execute();
  expect(await age()).toMatch(/^broken: too old or not there: canary \(none\)/);
  expect(await proof()).toMatch(/^broken/);
});
