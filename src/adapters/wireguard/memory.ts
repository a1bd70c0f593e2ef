import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import { wireguardFailed } from './errors.ts';
import type { TunnelPeer, TunnelSeen, TunnelSettings, Wireguard } from './port.ts';

/** A tunnel that carries nothing, and the hands of whoever is at its other end, or of a stranger on this one. */
export interface MemoryWireguard extends Wireguard {
  readonly peers: readonly TunnelPeer[];
  /** A peer's end was heard of. */
  handshake(publicKey: string, at: number): void;
  /** Somebody takes the interface away. */
  lose(): void;
  /** Every change is refused from now on, or no longer. */
  broken: Refusal | undefined;
}

const KEY = 'c2VydmVyc2VydmVyc2VydmVyc2VydmVyc2VydmVyc2U=';

export function makeMemoryWireguard(
  settings: Pick<TunnelSettings, 'address' | 'subnet' | 'port'>,
): MemoryWireguard {
  let there: { admitted: boolean } | undefined;
  let peers: readonly TunnelPeer[] = [];
  const heard = new Map<string, number>();
  const seen = (): TunnelSeen => ({
    carrier: 'userspace',
    up: true,
    addresses: [`${settings.address}/${settings.subnet.split('/')[1]}`],
    publicKey: there?.admitted ? KEY : '(none)',
    port: there?.admitted ? settings.port : 0,
    peers: peers.map(({ publicKey, address }) => ({
      publicKey,
      allowed: [`${address}/32`],
      handshakeAt: heard.get(publicKey) ?? null,
    })),
  });
  const memory: MemoryWireguard = {
    broken: undefined,
    get peers() {
      return peers;
    },
    handshake: (publicKey, at) => void heard.set(publicKey, at),
    lose() {
      there = undefined;
      peers = [];
      heard.clear();
    },
    publicKey: async () => KEY,
    look: async () => (there ? seen() : undefined),
    async raise() {
      if (isRefusal(memory.broken)) return memory.broken;
      there ??= { admitted: false };
      return undefined;
    },
    async admit(wanted) {
      if (isRefusal(memory.broken)) return memory.broken;
      if (!there) return wireguardFailed('wg', 'No such device');
      there.admitted = true;
      for (const { publicKey } of peers)
        if (!wanted.some((one) => one.publicKey === publicKey)) heard.delete(publicKey);
      peers = wanted;
      return undefined;
    },
    async lower() {
      memory.lose();
      return undefined;
    },
  };
  return memory;
}
