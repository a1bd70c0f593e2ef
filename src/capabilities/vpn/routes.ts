import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { newId } from '../../kernel/id.ts';
import {
  vpnFull,
  vpnKeyTaken,
  vpnNoHandshake,
  vpnNotReady,
  vpnPeerExists,
  vpnPeerNotFound,
} from './errors.ts';
import {
  daysFrom,
  ENDED_SHOWN,
  Enrolled,
  EnrolPeer,
  ExpirePeer,
  HEARD,
  Peer,
  type ServerEnd,
  SetVpn,
  VpnView,
} from './model.ts';
import { freeAddress } from './plan.ts';
import * as store from './store.ts';

export interface VpnSettings {
  /** Where the server is found. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
const Named = z.strictObject({ peer: z.uuid().meta({ description: 'Id of the peer' }) });

const peerView = (row: store.PeerRow, now: Date): z.input<typeof Peer> => ({
  id: row.id,
  name: row.name,
  publicKey: row.public_key,
  address: row.address,
  state: row.ended_because ?? (row.expires_at <= now ? 'expired' : 'live'),
  enrolledBy: row.enrolled_by,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  endedAt: iso(row.ended_at),
  endedBy: row.ended_by,
  handshakeAt: iso(row.handshake_at),
});

/** Door 1: the network that staff come in by. */
export function vpnRoutes({ host, address, port }: VpnSettings): Row[] {
  const end = (publicKey: string): ServerEnd => ({ publicKey, endpoint: `${host}:${port}`, address });
  const view = (row: Awaited<ReturnType<typeof store.readVpn>>): z.input<typeof VpnView> => ({
    on: row.closed_at !== null,
    since: iso(row.closed_at),
    by: row.closed_by,
    carrier: row.carrier,
    problem: row.problem,
    server: row.public_key === null ? null : end(row.public_key),
  });
  return [
    route({
      method: 'GET',
      path: '/v1/platform/vpn',
      operationId: 'showVpn',
      permission: { action: 'platform:read', resource: 'platform' },
      summary: 'Whether the operators’ plane answers inside the VPN only, and how the VPN is',
      response: VpnView,
      handler: async ({ db }) => view(await store.readVpn(db)),
    }),
    route({
      method: 'PUT',
      path: '/v1/platform/vpn',
      operationId: 'setVpn',
      permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
      summary: 'Close the operators’ plane to everybody outside of the VPN, or open it again',
      body: SetVpn,
      response: VpnView,
      handler: async ({ db, actor, now }, { body }) => {
        const live = (await store.livePeers(db)).filter(({ expires_at }) => expires_at > now);
        const heard = live.some(({ handshake_at: at }) => at && now.getTime() - at.getTime() < HEARD);
        if (body.on && !heard) return vpnNoHandshake();
        if (body.on !== (await store.isClosed(db)))
          await store.setClosed(db, body.on ? now : null, body.on ? actor.name : null);
        return view(await store.readVpn(db));
      },
    }),
    route({
      method: 'GET',
      path: '/v1/platform/vpn/peers',
      operationId: 'listVpnPeers',
      permission: { action: 'platform:read', resource: 'platform' },
      summary: 'Who may come in by the VPN and when each was last heard of; and on request who ended lately',
      query: z.strictObject({
        all: z.enum(['true', 'false']).default('false').meta({ description: 'Ended ones too' }),
      }),
      response: z.object({ peers: z.array(Peer) }),
      handler: async ({ db, now }, { query }) => {
        const since = query.all === 'true' ? new Date(now.getTime() - ENDED_SHOWN) : now;
        return { peers: (await store.listPeers(db, since)).map((row) => peerView(row, now)) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/platform/vpn/peers',
      operationId: 'enrolVpnPeer',
      permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
      summary: 'Let the holder of a key in for some days; the private key stays where it was made',
      body: EnrolPeer,
      response: Enrolled,
      status: 201,
      handler: async ({ db, actor, now }, { body }) => {
        const { public_key: own } = await store.readVpn(db);
        if (own === null) return vpnNotReady();
        await store.holdPeers(db);
        const live = await store.livePeers(db);
        if (live.some(({ name }) => name === body.name)) return vpnPeerExists(body.name);
        if (body.publicKey === own || (await store.keyKnown(db, body.publicKey))) return vpnKeyTaken();
        const free = freeAddress(address, new Set(live.map((peer) => peer.address)));
        if (free === undefined) return vpnFull();
        const id = newId();
        const expiresAt = daysFrom(now, body.days);
        const { name, publicKey } = body;
        await store.insertPeer(db, { id, name, publicKey, address: free, by: actor.name, now, expiresAt });
        return { peer: peerView((await store.livePeer(db, id))!, now), server: end(own) };
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/platform/vpn/peers/:peer',
      operationId: 'expireVpnPeer',
      permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
      summary: 'Say anew when a peer’s time is over',
      params: Named,
      body: ExpirePeer,
      response: Peer,
      handler: async ({ db, now }, { params, body }) => {
        if (!(await store.livePeer(db, params.peer))) return vpnPeerNotFound(params.peer);
        await store.setExpiry(db, params.peer, daysFrom(now, body.days));
        return peerView((await store.livePeer(db, params.peer))!, now);
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/platform/vpn/peers/:peer',
      operationId: 'revokeVpnPeer',
      permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
      summary: 'Let a peer in no longer; it is cut off within seconds',
      params: Named,
      response: z.object({ ok: z.literal(true) }),
      handler: async ({ db, actor, now }, { params }) => {
        if (!(await store.livePeer(db, params.peer))) return vpnPeerNotFound(params.peer);
        await store.revokePeer(db, params.peer, now, actor.name);
        return { ok: true as const };
      },
    }),
  ];
}
