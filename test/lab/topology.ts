/** Names and addresses of a lab. Pure. */

/**
 * The "internet": router, DNS, ACME server. Documentation addresses (RFC 5737), and few of them, because some
 * networks use the rest for their package mirrors.
 */
export const WAN_ADDRESS = '203.0.113.62';
/** An address beyond the router, for "can it reach the internet?" without the internet. */
export const INTERNET_ADDRESS = '198.51.100.10';
export const ATTACKER_ADDRESS = '203.0.113.50';
export const PREFIX = 26;

export interface HostSpec {
  readonly name: string;
  /** `node` has Bastide's directories; `plain` is a bystander. */
  readonly kind: 'node' | 'plain';
  readonly address: string;
}

export interface LabSpec {
  readonly id: string;
  /** Everything the lab writes is in here. */
  readonly directory: string;
  readonly repository: string;
  /** Whether the lab reaches the real internet, for package downloads. */
  readonly uplink: boolean;
  /** The first is `wan`, the second `attacker`, then the nodes. */
  readonly hosts: readonly HostSpec[];
}

const NAME = /^[a-z][a-z0-9-]{0,9}$/;

/** The hosts of a lab with these nodes; 203.0.113.1 is the first node. */
export function topology(nodes: readonly string[]): HostSpec[] {
  for (const name of nodes) {
    if (!NAME.test(name) || name === 'wan' || name === 'attacker')
      throw new Error(`${name} is no name for a lab host: a letter, then up to nine of a-z, 0-9 and -`);
  }
  return [
    { name: 'wan', kind: 'plain', address: WAN_ADDRESS },
    { name: 'attacker', kind: 'plain', address: ATTACKER_ADDRESS },
    ...nodes.map((name, i) => ({ name, kind: 'node' as const, address: `203.0.113.${i + 1}` })),
  ];
}
