import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { wireguardFailed } from '../../adapters/wireguard/errors.ts';
import { type MemoryWireguard, makeMemoryWireguard } from '../../adapters/wireguard/memory.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { makeVpnWorker, type VpnWorker } from './perform.ts';

const MINUTE = 60_000;
const KEYS = ['A', 'B'].map((letter) => `${letter.repeat(42)}A=`) as [string, string];
let t: TestDatabase;
let wireguard: MemoryWireguard;
let worker: VpnWorker;
let now = Date.parse('2026-03-01T10:00:00Z');
let open: boolean[] = [];
let told: boolean[] = [];

const enrol = (name: string, publicKey: string, address: string, minutes: number) =>
  t.db
    .insertInto('vpn_peers')
    .values({
      ...{ id: newId(), name, public_key: publicKey, address, enrolled_by: 'ada' },
      expires_at: new Date(now + minutes * MINUTE),
    })
    .execute();
const row = () => t.db.selectFrom('vpn').selectAll().executeTakeFirstOrThrow();
/** With the rights of the agent, and no others. */
async function sync() {
  await sql`set role bastide_agent`.execute(t.db);
  try {
    return await worker.sync();
  } finally {
    await sql`reset role`.execute(t.db);
  }
}
const inside = () => wireguard.peers.map(({ address }) => address);

beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());
beforeEach(async () => {
  await t.db.deleteFrom('vpn_peers').execute();
  await t.db
    .updateTable('vpn')
    .set({ closed_at: null, public_key: null, carrier: null, problem: null })
    .execute();
  wireguard = makeMemoryWireguard({ address: '10.202.0.1', subnet: '10.202.0.0/24', port: 51_820 });
  [open, told] = [[], []];
  worker = makeVpnWorker({
    db: t.db,
    wireguard,
    address: '10.202.0.1/24',
    port: 51_820,
    open: async (wanted) => void open.push(wanted),
    tell: async ({ on }) => void told.push(on),
    log: () => undefined,
    now: () => now,
  });
});

it('tells the server’s key before anybody is enrolled, and opens nothing', async () => {
  must(await sync());
  expect(await row()).toMatchObject({ public_key: must(await wireguard.publicKey()), carrier: null });
  expect(must(await wireguard.look())).toBeUndefined();
  expect([open, told]).toEqual([[], [false]]);
});

it('lets in who is enrolled, notes when they were heard of, and ends each at its time, on the record', async () => {
  await enrol('ada', KEYS[0], '10.202.0.2', 10);
  await enrol('bob', KEYS[1], '10.202.0.3', 60);
  must(await sync());
  expect(inside().sort()).toEqual(['10.202.0.2', '10.202.0.3']);
  expect([open, (await row()).carrier]).toEqual([[true], 'userspace']);

  wireguard.handshake(KEYS[0], now);
  must(await sync());
  const heard = () =>
    t.db.selectFrom('vpn_peers').select(['name', 'handshake_at as at']).orderBy('name').execute();
  expect(await heard()).toEqual([
    { name: 'ada', at: new Date(now) },
    { name: 'bob', at: null },
  ]);

  now += 10 * MINUTE;
  must(await sync());
  expect(inside()).toEqual(['10.202.0.3']);
  const lines = await t.db.selectFrom('audit_log').selectAll().where('action', '=', 'vpn.expire').execute();
  expect(lines).toMatchObject([
    { actor: 'system:vpn', target: 'vpn-peer:ada', detail: { address: '10.202.0.2' } },
  ]);

  await t.db
    .updateTable('vpn_peers')
    .set({ ended_at: new Date(now), ended_because: 'revoked', ended_by: 'ada' })
    .where('name', '=', 'bob')
    .execute();
  must(await sync());
  expect(must(await wireguard.look())).toBeUndefined();
  expect([open, (await row()).carrier]).toEqual([[true, false], null]);
});

it('puts back what somebody else took away or let in', async () => {
  await enrol('ada', KEYS[0], '10.202.0.2', 10);
  must(await sync());
  must(await wireguard.admit([...wireguard.peers, { publicKey: KEYS[1], address: '10.202.0.9' }]));
  must(await sync());
  expect(inside()).toEqual(['10.202.0.2']);
  wireguard.lose();
  must(await sync());
  expect(inside()).toEqual(['10.202.0.2']);
});

it('takes away what an earlier agent left, where nobody is enrolled any more', async () => {
  must(await wireguard.raise());
  must(await sync());
  expect(must(await wireguard.look())).toBeUndefined();
});

it('tells of a tunnel that does not come up, and that it came', async () => {
  await enrol('ada', KEYS[0], '10.202.0.2', 60);
  const stop = new AbortController();
  wireguard.broken = wireguardFailed('ip', 'no');
  const keeping = worker.keep(stop.signal);
  const until = async (good: () => Promise<boolean>) => {
    while (!(await good())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const alerts = () => t.db.selectFrom('alerts').select(['code', 'resolved_at']).execute();
  await until(async () => (await alerts()).length > 0);
  expect(await row()).toMatchObject({ carrier: null, problem: expect.stringContaining('ip failed: no') });
  expect(open).toEqual([]);
  wireguard.broken = undefined;
  await until(async () => (await alerts())[0]?.resolved_at !== null);
  expect(await row()).toMatchObject({ carrier: 'userspace', problem: null });
  stop.abort();
  await keeping;
});

it('says to who looks at the machine when the plane is closed and when it is open again', async () => {
  must(await sync());
  await t.db
    .updateTable('vpn')
    .set({ closed_at: new Date(now), closed_by: 'ada' })
    .execute();
  must(await sync());
  must(await sync());
  await t.db.updateTable('vpn').set({ closed_at: null, closed_by: null }).execute();
  must(await sync());
  expect(told).toEqual([false, true, false]);
});
