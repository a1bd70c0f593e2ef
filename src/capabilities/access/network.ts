import { isIPv4, isIPv6 } from 'node:net';

const groups = (half: string): string[] => half.split(':').filter((group) => group !== '');

/**
 * What one provider gives one customer, or who holds many networks at once: of IPv6 the /48 and the /32, of IPv4 the
 * /24 itself and the /16. As beginnings of what `networkOf` says.
 */
export function aroundOf(network: string): { readonly site: string; readonly block: string } {
  const [a = '', b = '', c = ''] = network.split(network.includes(':') ? ':' : '.');
  if (network.includes(':')) return { site: `${a}:${b}:${c}:`, block: `${a}:${b}:` };
  return { site: network, block: network.includes('.') ? `${a}.${b}.` : network };
}

/** Of the block of networks that has most of them, the first: who makes room where there are too many. */
export function crowding<T extends { readonly network: string }>(rows: readonly T[]): T | undefined {
  const blocks = Map.groupBy(rows, ({ network }) => aroundOf(network).block);
  return [...blocks.values()].sort((one, other) => other.length - one.length)[0]?.[0];
}

/** An address as it is counted: IPv4 as it is; of IPv6 its /64, in which one machine has as many as it likes. */
export function addressOf(address: string | undefined): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address ?? '')?.[1];
  const plain = mapped ?? address ?? '';
  return isIPv4(plain) ? plain : networkOf(plain);
}

/**
 * The network of an address: /24, or /64, which is what one household or attacker has. An IPv4 address in IPv6 dress is
 * the IPv4 address that it is.
 */
export function networkOf(address: string | undefined): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address ?? '')?.[1];
  const plain = mapped ?? address?.split('%')[0] ?? '';
  if (isIPv4(plain)) return `${plain.split('.').slice(0, 3).join('.')}.0/24`;
  if (!isIPv6(plain)) return 'unknown';
  const [head = '', tail] = plain.split('::');
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const whole = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
