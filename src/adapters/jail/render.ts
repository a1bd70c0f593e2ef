import { NEVER4 } from '../nft/ranges.ts';
import type { Slot } from './layout.ts';

/**
 * The slot's own table. Nothing from the jail reaches this host; what passes through goes to public addresses on
 * TCP 80 and 443, or to the resolvers on 53. `hostAddresses` are this host's own, which may be public ones.
 */
export function renderNft(
  slot: Slot,
  resolvers: readonly string[],
  hostAddresses: readonly string[],
): string {
  const blocked = [...NEVER4, ...hostAddresses.filter((address) => !isBlocked(address))];
  return `table inet ${slot.table} {
  set blocked {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { ${blocked.join(', ')} }
  }
  chain input {
    type filter hook input priority -10; policy accept;
    iifname "${slot.veth}" counter drop
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    oifname "${slot.veth}" ct state established,related accept
    oifname "${slot.veth}" counter drop
    iifname != "${slot.veth}" accept
    meta nfproto ipv6 drop
    ip saddr != ${slot.address} counter drop
    ct state established,related accept
${resolvers.map((r) => `    ip daddr ${r} meta l4proto { tcp, udp } th dport 53 accept`).join('\n')}
    ip daddr @blocked counter drop
    tcp dport { 80, 443 } accept
    counter drop
  }
  chain postrouting {
    type nat hook postrouting priority 90; policy accept;
    ip saddr ${slot.address} oifname != "${slot.veth}" masquerade
  }
}
`;
}

/**
 * The second layer, in iptables: the same answer where the table above is gone. It comes first in FORWARD, because
 * the engine's chains know nothing of this link and its policy there is to drop.
 */
export function renderIptables(slot: Slot, resolvers: readonly string[]): string {
  const chain = slot.chain;
  const lines = [
    '*filter',
    `:${chain} - [0:0]`,
    `-A ${chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A ${chain} -o ${slot.veth} -j DROP`,
    `-A ${chain} ! -s ${slot.address}/32 -j DROP`,
    ...resolvers.flatMap((r) =>
      ['udp', 'tcp'].map((p) => `-A ${chain} -d ${r}/32 -p ${p} --dport 53 -j ACCEPT`),
    ),
    ...NEVER4.map((range) => `-A ${chain} -d ${range} -j DROP`),
    `-A ${chain} -p tcp -m multiport --dports 80,443 -j ACCEPT`,
    `-A ${chain} -j DROP`,
    `-I FORWARD 1 -i ${slot.veth} -j ${chain}`,
    `-I FORWARD 1 -o ${slot.veth} -j ${chain}`,
    `-I INPUT 1 -i ${slot.veth} -j DROP`,
    'COMMIT',
  ];
  return `${lines.join('\n')}\n`;
}

const number = (address: string): number => address.split('.').reduce((n, part) => n * 256 + Number(part), 0);

/** Whether an IPv4 address is in a blocked range. */
export const isBlocked = (address: string): boolean =>
  NEVER4.some((range) => {
    const [net = '', bits = '32'] = range.split('/');
    const size = 2 ** (32 - Number(bits));
    return Math.floor(number(address) / size) === Math.floor(number(net) / size);
  });

/** The jail's own /etc, beside what the spec adds. */
export const baseEtc = (resolvers: readonly string[]): Record<string, string> => ({
  '/etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  '/etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  '/etc/hosts': '127.0.0.1 localhost\n',
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  '/etc/resolv.conf': resolvers.map((r) => `nameserver ${r}\n`).join(''),
});
