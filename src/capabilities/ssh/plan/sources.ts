import { BlockList, isIP, isIPv4 } from 'node:net';
import { isOutside } from '../../../kernel/address.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { sourceInvalid } from '../errors.ts';

interface Net {
  readonly text: string;
  readonly base: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** The first address of a network, by the list that Node keeps of it: its rule says it in one spelling. */
function networkOf(text: string): Net | undefined {
  const [address = '', length] = text.split('/');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const most = family === 'ipv4' ? 32 : 128;
  const bits = length === undefined ? most : Number(length);
  // Spellings with IPv4 inside IPv6 are two names of one address.
  if (isIP(address) === 0 || /^::ffff:/i.test(address) || bits < 1 || bits > most) return undefined;
  const base = family === 'ipv4' ? first4(address, bits) : first6(address, bits);
  return { text: bits === most ? base : `${base}/${bits}`, base, bits, family };
}

function first4(address: string, bits: number): string {
  const value = address.split('.').reduce((all, part) => all * 256 + Number(part), 0);
  const size = 2 ** (32 - bits);
  const base = Math.floor(value / size) * size;
  return [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.');
}

function first6(address: string, bits: number): string {
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [head, tail] = groups.map((half) => half.split(':').filter(Boolean)) as [string[], string[]?];
  const gap = tail ? Array.from({ length: 8 - head.length - tail.length }, () => '0') : [];
  const value = BigInt(
    `0x${[...head, ...gap, ...(tail ?? [])].map((part) => part.padStart(4, '0')).join('')}`,
  );
  const size = 1n << BigInt(128 - bits);
  const hex = ((value / size) * size).toString(16).padStart(32, '0');
  return new URL(`http://[${hex.match(/.{4}/g)?.join(':')}]`).hostname.slice(1, -1);
}

const holds = (outer: Net, inner: Net): boolean => {
  if (outer.family !== inner.family || outer.bits > inner.bits || outer.text === inner.text) return false;
  const list = new BlockList();
  list.addSubnet(outer.base, outer.bits, outer.family);
  return list.check(inner.base, inner.family);
};

/** PURE. One spelling per network, none within another: what firewalls take. Refuses `ssh_source_invalid`. */
export function planSources(given: readonly string[]): Outcome<readonly string[]> {
  const nets: Net[] = [];
  for (const text of given) {
    const net = networkOf(text);
    if (!net || !isOutside(net.base)) return sourceInvalid(text);
    nets.push(net);
  }
  return [
    ...new Set(nets.filter((one) => !nets.some((other) => holds(other, one))).map(({ text }) => text)),
  ].sort();
}
