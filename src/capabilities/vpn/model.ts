import { z } from 'zod';

const DAY = 86_400_000;
/** How long a peer may come in, in days. */
export const PEER_DAYS = { most: 90, usual: 30 } as const;
/** A handshake is news for so long: WireGuard makes another one every two minutes while anything is said. */
export const HEARD = 10 * 60_000;
/** How long ended peers are shown. */
export const ENDED_SHOWN = 30 * DAY;
export const daysFrom = (now: Date, days: number): Date => new Date(now.getTime() + days * DAY);

export const PeerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/)
  .meta({ description: 'Whose end of the tunnel it is', example: 'ada-laptop' });

/** 32 bytes in base64, in the one way to write them. */
export const PublicKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/)
  .meta({
    description: 'Public half of a WireGuard key; the private one stays where it was made',
    example: 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
  });

export const EnrolPeer = z.strictObject({
  name: PeerName,
  publicKey: PublicKey,
  days: z
    .int()
    .min(1)
    .max(PEER_DAYS.most)
    .default(PEER_DAYS.usual)
    .meta({ description: 'After so many days it gets in no longer', example: 30 }),
});

export const ExpirePeer = z.strictObject({
  days: z
    .int()
    .min(0)
    .max(PEER_DAYS.most)
    .meta({ description: 'Days from now after which it gets in no longer; 0: now', example: 7 }),
});

export const SetVpn = z.strictObject({
  on: z.boolean().meta({ description: 'Whether the operators’ plane answers inside the VPN only' }),
});

export const Peer = z.object({
  id: z.uuid(),
  name: PeerName,
  publicKey: PublicKey,
  address: z.string().meta({ description: 'Inside the VPN, and in the audit log', example: '10.202.0.2' }),
  state: z.enum(['live', 'expired', 'revoked']),
  enrolledBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  endedBy: z.string().nullable(),
  handshakeAt: z.iso.datetime().nullable().meta({ description: 'When it was last heard of; null: never' }),
});
export type Peer = z.infer<typeof Peer>;

/** The server's end, as a peer has to be told of it. */
export const ServerEnd = z.object({
  publicKey: PublicKey,
  endpoint: z
    .string()
    .meta({ description: 'Where the server listens (UDP)', example: 'bastide.example.org:51820' }),
  address: z.string().meta({ description: 'Of the server inside', example: '10.202.0.1' }),
});
export type ServerEnd = z.infer<typeof ServerEnd>;

export const VpnView = z.object({
  on: z.boolean().meta({ description: 'The operators’ plane answers inside only' }),
  since: z.iso.datetime().nullable(),
  by: z.string().nullable(),
  carrier: z
    .enum(['kernel', 'userspace'])
    .nullable()
    .meta({ description: 'What carries the tunnel; null: it is down' }),
  problem: z.string().nullable(),
  server: ServerEnd.nullable().meta({ description: 'null: the agent has not said yet' }),
});
export type VpnView = z.infer<typeof VpnView>;

export const Enrolled = z.object({ peer: Peer, server: ServerEnd });
