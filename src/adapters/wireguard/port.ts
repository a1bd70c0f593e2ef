import type { Outcome } from '../../kernel/refusal.ts';
import type { Millis } from '../../kernel/time.ts';

/** What a tunnel's end on this machine is told once. */
export interface TunnelSettings {
  readonly interface: string;
  /** Of this end, and the network that peers have their addresses in. */
  readonly address: string;
  readonly subnet: string;
  /** UDP. */
  readonly port: number;
  /** For the key and the configuration, root only. */
  readonly directory: string;
}

/** Who may come in: by this key, from this one address inside. */
export interface TunnelPeer {
  readonly publicKey: string;
  readonly address: string;
}

export interface TunnelSeen {
  /** The kernel's own WireGuard, or `wireguard-go` behind a tun device. */
  readonly carrier: 'kernel' | 'userspace';
  readonly up: boolean;
  /** With their lengths: `10.202.0.1/24`. */
  readonly addresses: readonly string[];
  readonly publicKey: string;
  readonly port: number;
  readonly peers: readonly {
    readonly publicKey: string;
    readonly allowed: readonly string[];
    /** When its last handshake was; null: never since the interface is up. */
    readonly handshakeAt: Millis | null;
  }[];
}

/**
 * One WireGuard interface of this machine. Promises: the private key is made here, once, and leaves neither this
 * program nor a file that only root reads; `admit` leaves exactly these peers, and cuts off nobody who stays.
 * Refusals: `wireguard_failed`, `wireguard_unsupported`, `wireguard_unreadable`.
 */
export interface Wireguard {
  /** The public half of this end's key, which is made where there is none. */
  publicKey(): Promise<Outcome<string>>;
  /** What is true; undefined where there is no interface. */
  look(): Promise<Outcome<TunnelSeen | undefined>>;
  /** The interface is there, with its address, and up: in the kernel, else in userspace. Nobody is in it yet. */
  raise(): Promise<Outcome<void>>;
  /** These are its peers, and nobody else; it answers to this end's key on its port. */
  admit(peers: readonly TunnelPeer[]): Promise<Outcome<void>>;
  lower(): Promise<Outcome<void>>;
}
