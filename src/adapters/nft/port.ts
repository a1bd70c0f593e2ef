import type { Outcome } from '../../kernel/refusal.ts';

/** What the two layers are made from. The same for both, so that each alone says the same. */
export interface FirewallSpec {
  /** The nodes' internal addresses, for example 10.200.0.0/24: closed to everything that does not come by `internalInterfaces`. */
  readonly internalSubnet: string;
  /** `lo` on one node; WireGuard's interface too where there are many. */
  readonly internalInterfaces: readonly string[];
  /** Interfaces behind which strangers' programs run; a trailing `*` is a prefix. */
  readonly guests: readonly string[];
  /** Subnet of the bridge that projects share: its members must not even see each other's frames. */
  readonly isolatedSubnet: string;
  /** Addresses of this host that guests may reach on the edge's ports, IPv4 and IPv6. */
  readonly edgeAddresses: readonly string[];
  /** Ports that anybody may reach: the edge. */
  readonly edgePorts: readonly number[];
  /** Guests may ask these for names (port 53), private addresses or not. */
  readonly resolvers: readonly string[];
  /** Keeps the operator's own way in open. Empty `from` is anywhere. */
  readonly operator: { readonly ports: readonly number[]; readonly from: readonly string[] };
  /** Entries for single addresses, while they are open: a gateway's port and who may reach it. */
  readonly gateways: readonly { readonly port: number; readonly from: readonly string[] }[];
  /** The network that operators come in by, while it is up. */
  readonly vpn?: VpnEntry;
  /** Numeric users of this host that may open connections to tasks. */
  readonly taskUsers: readonly number[];
}

/** Its port is open to everybody; whoever is inside reaches one port of its one address, and nothing behind it. */
export interface VpnEntry {
  readonly interface: string;
  /** UDP. */
  readonly port: number;
  /** Nobody has an address of it who did not come by the interface. */
  readonly subnet: string;
  readonly address: string;
  /** TCP. */
  readonly ports: readonly number[];
}

/** `nft`: tables of our own. `iptables`: our chains beside Docker's, IPv4 and IPv6. */
export type Layer = 'nft' | 'iptables';

/**
 * The host's packet filter, in two independent layers. Promises: each layer is replaced at once or not at all;
 * rules of others are never touched; with either layer gone the other still closes everything that the spec closes.
 * Refusals: `firewall_refused` (a program said no: nothing changed in that layer).
 */
export interface Firewall {
  /** Brings both layers to the spec; answers which of them were not as they had been left. */
  ensure(spec: FirewallSpec): Promise<Outcome<{ readonly changed: readonly Layer[] }>>;
  /** Layers that differ from the spec, without touching them. */
  drift(spec: FirewallSpec): Promise<Outcome<readonly Layer[]>>;
  /** Takes our tables and chains away. */
  remove(): Promise<Outcome<void>>;
  /** Takes away what a stopped engine left in iptables: its chains, its rules for its bridges. */
  removeEngineRules(): Promise<Outcome<void>>;
}
