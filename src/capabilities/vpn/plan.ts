import type { TunnelPeer, TunnelSeen } from '../../adapters/wireguard/port.ts';
import { type Step, stepsOf } from '../../kernel/step.ts';
import { type Action, actions } from '../access/model.ts';

/** Groups of actions that only staff of the platform have. */
const STAFF: ReadonlySet<string> = new Set(['operate', 'oversee', 'safeguard']);

/** PURE. Whether a route is for staff alone, whoever asks. */
export const isForStaff = ({ action, resource }: { action: Action; resource: string }): boolean =>
  resource === 'platform' && STAFF.has(actions[action]);

const PLANE = /^(operators|plane|security-officers|consent)-/;

/** PURE. Whether somebody may something as staff and in no other way, by the policies that say so. */
export const restsOnPlane = (policies: string | undefined): boolean =>
  (policies ?? 'none').split('+').every((id) => PLANE.test(id));

/** PURE. The first address that nobody has, from .2 to .254; the server is .1. */
export function freeAddress(server: string, taken: ReadonlySet<string>): string | undefined {
  const network = server.slice(0, server.lastIndexOf('.'));
  return Array.from({ length: 253 }, (_, i) => `${network}.${i + 2}`).find((address) => !taken.has(address));
}

export interface VpnFacts {
  /** Who may come in now. */
  readonly peers: readonly TunnelPeer[];
  /** What the interface has to be: its address with its length, its port, the server's public key. */
  readonly server: { readonly address: string; readonly port: number; readonly publicKey: string };
  readonly seen: TunnelSeen | undefined;
  /** Whether the firewall knows of it. */
  readonly open: boolean;
}

const step = stepsOf('vpn');
const lines = (peers: readonly { publicKey: string; allowed: string }[]): string =>
  peers
    .map(({ publicKey, allowed }) => `${publicKey} ${allowed}`)
    .sort()
    .join('\n');

const sameTunnel = (seen: TunnelSeen, { peers, server }: VpnFacts): boolean =>
  seen.publicKey === server.publicKey &&
  seen.port === server.port &&
  lines(seen.peers.map(({ publicKey, allowed }) => ({ publicKey, allowed: allowed.join() }))) ===
    lines(peers.map(({ publicKey, address }) => ({ publicKey, allowed: `${address}/32` })));

/** PURE. From what is to what is wanted: nobody is let in by the firewall before the peers are right. */
export function planVpn(facts: VpnFacts): readonly Step[] {
  const { peers, server, seen, open } = facts;
  if (peers.length === 0)
    return [
      ...(open ? [step('shut', 'shut', 'Close the VPN’s port', {})] : []),
      ...(seen ? [step('lower', 'lower', 'Take the VPN’s interface away', {})] : []),
    ];
  const up = seen?.up === true && seen.addresses.includes(server.address);
  return [
    ...(up ? [] : [step('raise', 'raise', 'Bring the VPN’s interface up', {})]),
    ...(seen && sameTunnel(seen, facts) ? [] : [step('admit', 'admit', `Let ${peers.length} in`, { peers })]),
    ...(open ? [] : [step('open', 'open', 'Open the VPN’s port', {})]),
  ];
}
