import type { TunnelPeer } from '../../adapters/wireguard/port.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { VpnDeps } from './deps.ts';
import type { VpnFacts } from './plan.ts';

/** What the table says. */
export interface Wanted {
  readonly publicKey: string;
  readonly peers: readonly TunnelPeer[];
  /** When each key was last heard of, as far as is written down. */
  readonly heard: ReadonlyMap<string, number>;
}

/** What is wanted beside what is true. */
export async function observeVpn(
  { wireguard, address, port }: VpnDeps,
  { peers, publicKey }: Wanted,
  open: boolean,
): Promise<Outcome<VpnFacts>> {
  const seen = await wireguard.look();
  return isRefusal(seen) ? seen : { peers, server: { address, port, publicKey }, seen, open };
}
