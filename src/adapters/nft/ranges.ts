import { isIPv4 } from 'node:net';

/**
 * Addresses that are nobody's on the internet (RFC 6890 and later registrations): this host, this network, private,
 * shared, link-local (cloud metadata), benchmarking, multicast and reserved.
 */
export const NEVER4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
] as const;

/** UDP ports of the overlay, gossip and WireGuard: a guest has nothing to say there, to anybody. */
export const FABRIC_UDP = [4789, 7946, 51820] as const;

export const isV4 = (address: string): boolean => isIPv4(address.split('/')[0]!);
export const v4 = (addresses: readonly string[]): string[] => addresses.filter(isV4);
export const v6 = (addresses: readonly string[]): string[] => addresses.filter((address) => !isV4(address));
