import { z } from 'zod';
import type { TunnelSeen } from './port.ts';

const Links = z.array(
  z.object({
    flags: z.array(z.string()).default([]),
    linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
    addr_info: z
      .array(z.object({ local: z.string().optional(), prefixlen: z.number().optional() }))
      .default([]),
  }),
);

export type Link = Pick<TunnelSeen, 'carrier' | 'up' | 'addresses'>;

/** `ip -json -details address show dev NAME`; undefined where it tells of no link that carries a tunnel. */
export function parseLink(json: string): Link | undefined {
  const link = Links.safeParse(JSON.parse(json || '[]')).data?.[0];
  const kind = link?.linkinfo?.info_kind;
  if (!link || (kind !== 'wireguard' && kind !== 'tun')) return undefined;
  return {
    carrier: kind === 'wireguard' ? 'kernel' : 'userspace',
    up: link.flags.includes('UP'),
    addresses: link.addr_info.flatMap(({ local, prefixlen }) =>
      local === undefined || local.startsWith('fe80:') ? [] : [`${local}/${prefixlen}`],
    ),
  };
}

/** `wg show NAME dump`: tabs between fields, the interface first. The private key and preshared keys are passed over. */
export function parseTunnel(dump: string): Pick<TunnelSeen, 'publicKey' | 'port' | 'peers'> | undefined {
  const [head, ...lines] = dump
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  if (head?.length !== 4) return undefined;
  return {
    publicKey: head[1]!,
    port: Number(head[2]),
    peers: lines.map(([publicKey = '', , , allowed = '', handshake = '0']) => ({
      publicKey,
      allowed: allowed === '(none)' ? [] : allowed.split(','),
      handshakeAt: Number(handshake) > 0 ? Number(handshake) * 1000 : null,
    })),
  };
}
