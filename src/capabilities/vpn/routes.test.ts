import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { insideServer } from '../../api/inside.ts';
import { type TestApi, testApi } from '../../api/testing.ts';
import { client } from '../../cli/client.ts';
import { send } from '../../cli/transport.ts';
import { withTenant } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Enrolled, Peer, VpnView } from './model.ts';
import { isForStaff } from './plan.ts';

const SERVER_KEY = `${'S'.repeat(42)}A=`;
const keyOf = (n: number) => `${'A'.repeat(40)}${String(n).padStart(2, '0')}A=`;
const AT = '/v1/platform/vpn';
const HOUR = 3_600_000;
let api: TestApi;
let listener: Server;
let operator: string;
let keys = 10;
const ahead = 0;
const now = () => new Date(Date.now() + ahead);
const socket = (side: 'inside' | 'outside') => join(api.uploads, `${side}.sock`);
const at = (side: 'inside' | 'outside', token?: string) =>
  client({ server: `unix:${socket(side)}`, ...(token ? { token } : {}) });

beforeAll(async () => {
  api = await testApi([], now);
  await api.server.listen({ path: socket('outside') });
  listener = insideServer(api.server);
  await new Promise<void>((resolve) => listener.listen(socket('inside'), resolve));
  operator = await api.account('operator');
});
afterAll(async () => {
  listener.close();
  await api.close();
});
beforeEach(async () => {
  await api.t.db.deleteFrom('vpn_peers').execute();
  await api.t.db
    .updateTable('vpn')
    .set({ closed_at: null, closed_by: null, public_key: SERVER_KEY })
    .execute();
});

const enrol = (name: string, days = 30, publicKey = keyOf(keys++)) =>
  at('inside', operator).send('POST', `${AT}/peers`, { name, publicKey, days }, Enrolled);
const hear = (ago: number) =>
  api.t.db
    .updateTable('vpn_peers')
    .set({ handshake_at: new Date(now().getTime() - ago) })
    .execute();
const turn = (on: boolean, side: 'inside' | 'outside' = 'inside') =>
  at(side, operator).send('PUT', AT, { on }, VpnView);
const code = (outcome: unknown) => (isRefusal(outcome) ? outcome.code : 'done');

describe('peers', () => {
  it('get an address each and the server’s end, and are listed', async () => {
    const [ada, bob] = [must(await enrol('ada', 7)), must(await enrol('bob'))];
    expect(ada.server).toEqual({
      publicKey: SERVER_KEY,
      endpoint: 'bastide.localhost:51820',
      address: '10.202.0.1',
    });
    expect([ada.peer.address, bob.peer.address]).toEqual(['10.202.0.2', '10.202.0.3']);
    const days = (Date.parse(ada.peer.expiresAt) - Date.parse(ada.peer.createdAt)) / (24 * HOUR);
    expect(days).toBe(7);
    const list = must(await at('inside', operator).get(`${AT}/peers`, z.object({ peers: z.array(Peer) })));
    expect(list.peers.map(({ name, state }) => `${name} ${state}`)).toEqual(['ada live', 'bob live']);
  });

  it('are refused under a name or a key that is taken, and before the server has a key', async () => {
    const key = keyOf(keys++);
    must(await enrol('ada', 30, key));
    expect(code(await enrol('ada'))).toBe('vpn_peer_exists');
    expect(code(await enrol('bob', 30, key))).toBe('vpn_key_taken');
    expect(code(await enrol('bob', 30, SERVER_KEY))).toBe('vpn_key_taken');
    expect(code(await enrol('bob', 91))).toBe('request_invalid');
    expect(code(await enrol('bob', 30, 'nokey'))).toBe('request_invalid');
    await api.t.db.updateTable('vpn').set({ public_key: null }).execute();
    expect(code(await enrol('bob'))).toBe('vpn_not_ready');
  });

  it('end when they are told to; then name and address are free and the key is not', async () => {
    const key = keyOf(keys++);
    const { peer } = must(await enrol('ada', 30, key));
    const expired = must(
      await at('inside', operator).send('PATCH', `${AT}/peers/${peer.id}`, { days: 0 }, Peer),
    );
    expect(expired.state).toBe('expired');
    const revoke = () => at('inside', operator).send('DELETE', `${AT}/peers/${peer.id}`, undefined, z.any());
    must(await revoke());
    expect(code(await revoke())).toBe('vpn_peer_not_found');
    expect(code(await enrol('ada', 30, key))).toBe('vpn_key_taken');
    expect(must(await enrol('ada')).peer.address).toBe(peer.address);
    const all = must(
      await at('inside', operator).get(`${AT}/peers?all=true`, z.object({ peers: z.array(Peer) })),
    );
    expect(all.peers.map(({ state }) => state)).toEqual(['revoked', 'live']);
  });

  it('are no tenant’s business, in either wall', async () => {
    must(await enrol('ada'));
    const { organizationId } = await api.world(`t${newId().slice(-8)}`);
    const owner = await api.account('owner', organizationId);
    expect(code(await at('inside', owner).get(`${AT}/peers`, z.any()))).toBe('access_denied');
    const seen = await withTenant(api.t.db, { organizationId }, (tx) =>
      tx.selectFrom('vpn_peers').selectAll().execute(),
    );
    expect(seen).toEqual([]);
  });
});

describe('closing the plane', () => {
  it('waits for a peer that lives and was heard of just now', async () => {
    expect(code(await turn(true))).toBe('vpn_no_handshake');
    const { peer } = must(await enrol('ada'));
    expect(code(await turn(true))).toBe('vpn_no_handshake');
    await hear(11 * 60_000);
    expect(code(await turn(true))).toBe('vpn_no_handshake');
    await hear(0);
    must(await at('inside', operator).send('PATCH', `${AT}/peers/${peer.id}`, { days: 0 }, Peer));
    expect(code(await turn(true))).toBe('vpn_no_handshake');
    must(await at('inside', operator).send('PATCH', `${AT}/peers/${peer.id}`, { days: 1 }, Peer));
    expect(must(await turn(true, 'outside'))).toMatchObject({ on: true });
  });

  const close = async () => {
    must(await enrol('ada'));
    await hear(0);
    must(await turn(true));
  };
  const FORGED = {
    'x-forwarded-for': '10.202.0.2',
    'x-real-ip': '10.202.0.2',
    forwarded: 'for=10.202.0.2',
    'x-bastide-inside': '1',
    host: '10.202.0.1',
  };

  it('refuses every route for staff outside, to everybody, whatever is said of where it comes from', async () => {
    await close();
    const staff = api.rows.flatMap((row) =>
      row.permission !== 'public' && isForStaff(row.permission) ? [row] : [],
    );
    expect(staff.length).toBeGreaterThan(20);
    const { organizationId } = await api.world(`t${newId().slice(-8)}`);
    const owner = await api.account('owner', organizationId);
    for (const { method, path } of staff)
      for (const token of [operator, owner, 'bst_wrong', undefined]) {
        const asked = path.replace(/:\w+/g, newId());
        const answer = must(
          await send(
            { server: `unix:${socket('outside')}`, ...(token ? { token } : {}) },
            { method, path: asked, headers: FORGED },
          ),
        );
        const body = Buffer.concat(await answer.toArray()).toString();
        expect(`${method} ${path} ${answer.statusCode} ${JSON.parse(body).error?.code}`).toBe(
          `${method} ${path} 403 vpn_only`,
        );
      }
  });

  it('leaves what is inside, customers, and one’s own account as they were', async () => {
    await close();
    expect(code(await at('inside', operator).get(AT, VpnView))).toBe('done');
    expect(code(await at('outside', operator).get('/v1/account', z.any()))).toBe('done');
    const name = `t${newId().slice(-8)}`;
    const { organizationId } = await api.world(name);
    const owner = await api.account('owner', organizationId);
    expect(code(await at('outside', owner).get(`/v1/apps/${name}`, z.any()))).toBe('done');
    expect(code(await at('outside', owner).get('/v1/stacks', z.any()))).toBe('done');
    expect(code(await at('outside').get('/up', z.any()))).toBe('done');
  });

  it('refuses the platform’s own operations outside, with their logs', async () => {
    await close();
    const id = newId();
    await api.t.db
      .insertInto('operations')
      .values({ id, kind: 'stacks.build', target: 'stack:x', requested_by: 'u', organization_id: null })
      .execute();
    expect(code(await at('outside', operator).get(`/v1/operations/${id}`, z.any()))).toBe('vpn_only');
    expect(code(await at('inside', operator).get(`/v1/operations/${id}`, z.any()))).toBe('done');
  });

  it('is opened from inside only, and a try outside is on the record', async () => {
    await close();
    const denied = () =>
      api.t.db
        .selectFrom('audit_log')
        .selectAll()
        .where('outcome', '=', 'denied')
        .where('action', '=', 'platform:manage')
        .orderBy('seq')
        .execute();
    const before = await denied();
    expect(code(await turn(false, 'outside'))).toBe('vpn_only');
    const lines = (await denied()).slice(before.length);
    expect(lines.map(({ detail }) => detail)).toEqual([{ because: 'vpn_only' }]);
    expect(must(await turn(false))).toMatchObject({ on: false, since: null, by: null });
    expect(code(await at('outside', operator).get(AT, VpnView))).toBe('done');
  });
});
