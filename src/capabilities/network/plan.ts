import type { NetworkSpec } from '../../adapters/docker/port.ts';
import type { FirewallSpec, VpnEntry } from '../../adapters/nft/port.ts';
import {
  EVERYBODY,
  type FirewallFacts,
  type OpenEntry,
  type OperatorAccess,
  projectNetwork,
} from './model.ts';

/**
 * Interfaces behind which programs of strangers run: the engine's bridges (ours are named bst-*; a plain br-* may be
 * the machine's own uplink) and the builder's.
 */
export const GUEST_INTERFACES = ['docker_gwbridge', 'docker0', 'bst-*', 'bbuild*'] as const;
/** The bridge through which every project's tasks leave. */
export const EXIT_SUBNET = '172.18.0.0/16';
const EDGE_PORTS = [80, 443] as const;
/** The load balancer's user; it and root are the only ones that open connections to tasks. */
export const EDGE_USER = 65000;
/** The user of the gateways to databases; the SSH gateway's opens no connection to a task. */
export const GATEWAY_USER = 65_001;
/** Ports of the gateways; each is closed but to the addresses of its open grants. */
export const GATEWAY_PORTS = [5432, 6033, 2200] as const;

/** The operator's way in is open unless the settings say otherwise: a platform that locks its owner out is no use. */
export const DEFAULT_OPERATOR: OperatorAccess = { ports: [22], from: [] };

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);
const inside = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
const isGuest = (name: string): boolean => GUEST_INTERFACES.some((pattern) => inside(name, pattern));
const ascending = (items: Iterable<string>): string[] => [...new Set(items)].sort();

/**
 * The packet filter of a node, from what is true there. Names of the machine's own interfaces do not matter: what
 * is neither internal nor a guest is the outside.
 */
export function planFirewall(
  facts: FirewallFacts,
  operator: OperatorAccess = DEFAULT_OPERATOR,
  open: readonly OpenEntry[] = [],
  vpn?: VpnEntry,
): FirewallSpec {
  const own = facts.addresses.filter(
    ({ interface: name, address }) =>
      !facts.internalInterfaces.includes(name) &&
      name !== vpn?.interface &&
      !isGuest(name) &&
      !isLoopback(address) &&
      !isLinkLocal(address),
  );
  const everybody = GATEWAY_PORTS.filter((port) =>
    open.some((entry) => entry.port === port && entry.source === EVERYBODY),
  );
  return {
    internalSubnet: facts.internalSubnet,
    internalInterfaces: facts.internalInterfaces,
    guests: GUEST_INTERFACES,
    isolatedSubnet: EXIT_SUBNET,
    edgeAddresses: ascending(own.map(({ address }) => address)),
    edgePorts: [...EDGE_PORTS, ...everybody],
    resolvers: ascending(facts.resolvers.filter((address) => !isLoopback(address) && !isLinkLocal(address))),
    operator,
    gateways: GATEWAY_PORTS.map((port) => ({
      port,
      from: everybody.includes(port)
        ? []
        : ascending(open.filter((entry) => entry.port === port).map(({ source }) => source)),
    })),
    ...(vpn ? { vpn } : {}),
    taskUsers: [0, EDGE_USER, GATEWAY_USER],
  };
}

/** A project's own network: an overlay that only its own services can be on. */
export const planProjectNetwork = (projectId: string): NetworkSpec => ({
  name: projectNetwork(projectId),
  labels: { 'bastide.project': projectId },
  driver: 'overlay',
  internal: false,
});
