import { BlockList, isIP, isIPv4 } from 'node:net';

/** Addresses from which nobody outside comes: unspecified, loopback, link-local, multicast, and our own inside. */
const NOBODY = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['10.200.0.0', 24],
  ['224.0.0.0', 3],
] as const)
  NOBODY.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  NOBODY.addSubnet(net, bits, 'ipv6');

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** One spelling per address (RFC 5952); IPv4 inside IPv6 becomes IPv4. Undefined where it is no address. */
export function canonical(address: string): string | undefined {
  if (isIPv4(address)) return address;
  if (isIP(address) !== 6 || address.includes('%')) return undefined;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(short);
  if (!mapped) return short;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Whether somebody outside can have this (canonical) address. */
export const isOutside = (address: string): boolean =>
  isIP(address) !== 0 && !NOBODY.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
