import type { FirewallSpec } from './port.ts';
import { FABRIC_UDP, NEVER4, v4, v6 } from './ranges.ts';

export const TABLES = ['inet bastide', 'bridge bastide'] as const;

const set = (items: readonly (string | number)[]): string => `{ ${items.join(', ')} }`;
const name = (text: string): string => `"${text}"`;
const names = (items: readonly string[]): string => set(items.map(name));
const when = (there: boolean, ...lines: string[]): string[] => (there ? lines : []);

/** A rule for each kind of guest interface: nft takes a prefix in a rule, not everywhere in a set. */
const forGuests = (spec: FirewallSpec, rule: (match: (key: string) => string) => string): string[] =>
  spec.guests.map((guest) => rule((key) => `${key} ${name(guest)}`));

const dns = (spec: FirewallSpec): string[] => [
  ...when(
    v4(spec.resolvers).length > 0,
    `ip daddr ${set(v4(spec.resolvers))} meta l4proto { tcp, udp } th dport 53 accept`,
  ),
  ...when(
    v6(spec.resolvers).length > 0,
    `ip6 daddr ${set(v6(spec.resolvers))} meta l4proto { tcp, udp } th dport 53 accept`,
  ),
];

const reentry = (spec: FirewallSpec): string[] => {
  const ports = set(spec.edgePorts);
  return [
    ...when(
      v4(spec.edgeAddresses).length > 0,
      `ip daddr ${set(v4(spec.edgeAddresses))} tcp dport ${ports} accept`,
    ),
    ...when(
      v6(spec.edgeAddresses).length > 0,
      `ip6 daddr ${set(v6(spec.edgeAddresses))} tcp dport ${ports} accept`,
    ),
  ];
};

const operator = ({ operator: { ports, from } }: FirewallSpec): string[] => {
  if (ports.length === 0) return [];
  const accept = `tcp dport ${set(ports)} accept`;
  if (from.length === 0) return [accept];
  return [
    ...when(v4(from).length > 0, `ip saddr ${set(v4(from))} ${accept}`),
    ...when(v6(from).length > 0, `ip6 saddr ${set(v6(from))} ${accept}`),
  ];
};

/** Closed unless somebody is named; a set of nobody would be an error of syntax. */
const gateways = (spec: FirewallSpec): string[] =>
  spec.gateways.flatMap(({ port, from }) => [
    ...when(v4(from).length > 0, `ip saddr ${set(v4(from))} tcp dport ${port} accept`),
    ...when(v6(from).length > 0, `ip6 saddr ${set(v6(from))} tcp dport ${port} accept`),
  ]);

const fromVpn = ({ vpn }: FirewallSpec): string[] =>
  vpn
    ? [
        'ct state established,related accept',
        'icmp type echo-request limit rate 50/second accept',
        `ip daddr ${vpn.address} tcp dport ${set(vpn.ports)} accept`,
      ]
    : [];

const chain = (title: string, lines: readonly string[]): string =>
  [`\tchain ${title} {`, ...lines.map((line) => `\t\t${line}`), '\t}'].join('\n');

/**
 * The first layer: whole tables, replaced in one transaction. A drop here is final; an accept still passes
 * iptables afterwards. Priority -10 puts it before Docker's chains whatever Docker does to their order.
 */
export function renderTables(spec: FirewallSpec): string {
  const internal = names(spec.internalInterfaces);
  const chains = [
    chain('early', [
      'type filter hook prerouting priority raw - 10; policy accept;',
      `iifname ${internal} accept`,
      '# before connection tracking: a forged overlay frame must never ride on an established entry',
      'udp dport 4789 counter drop',
      `ip daddr ${spec.internalSubnet} counter drop`,
      'ip daddr 127.0.0.0/8 counter drop',
      ...(spec.vpn
        ? [
            `iifname != ${name(spec.vpn.interface)} ip daddr ${spec.vpn.subnet} counter drop`,
            `iifname != ${name(spec.vpn.interface)} ip saddr ${spec.vpn.subnet} counter drop`,
          ]
        : []),
    ]),
    chain('from_vpn', [...fromVpn(spec), 'counter drop']),
    chain('from_guests', [
      'ct state established,related accept',
      ...reentry(spec),
      ...dns(spec),
      'counter reject with icmpx type admin-prohibited',
    ]),
    chain('input', [
      'type filter hook input priority filter - 10; policy drop;',
      'iifname "lo" accept',
      'ct state invalid drop',
      ...forGuests(spec, (guest) => `${guest('iifname')} goto from_guests`),
      ...(spec.vpn ? [`iifname ${name(spec.vpn.interface)} goto from_vpn`] : []),
      'ct state established,related accept',
      'icmp type { echo-request, destination-unreachable, time-exceeded } limit rate 50/second accept',
      'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, destination-unreachable, packet-too-big, time-exceeded, echo-request } limit rate 100/second accept',
      'udp sport 67 udp dport 68 accept',
      'ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept',
      ...when(spec.edgePorts.length > 0, `tcp dport ${set(spec.edgePorts)} accept`),
      ...gateways(spec),
      ...(spec.vpn ? [`udp dport ${spec.vpn.port} accept`] : []),
      ...operator(spec),
      'counter drop',
    ]),
    chain('egress', [
      ...forGuests(spec, (guest) => `${guest('oifname')} counter drop`),
      ...dns(spec),
      `ip daddr ${set(NEVER4)} counter reject with icmpx type admin-prohibited`,
      'meta nfproto ipv6 counter drop',
      `udp dport ${set(FABRIC_UDP)} counter drop`,
      'tcp dport 25 counter reject with tcp reset',
      'ct state new add @open_connections { ip saddr ct count over 2048 } counter reject',
      'accept',
    ]),
    chain('forward', [
      'type filter hook forward priority filter - 10; policy drop;',
      'ct state invalid drop',
      ...(spec.vpn
        ? ['iifname', 'oifname'].map((key) => `${key} ${name(spec.vpn!.interface)} counter drop`)
        : []),
      'ct state established,related accept',
      ...forGuests(spec, (guest) => `${guest('iifname')} goto egress`),
      'counter drop',
    ]),
    chain('to_tasks', [
      '# after routing: a published port is rewritten on the way out, only here the real interface is known',
      'type filter hook postrouting priority filter - 10; policy accept;',
      ...forGuests(
        spec,
        (guest) => `${guest('oifname')} ct state new meta skuid != ${set(spec.taskUsers)} counter drop`,
      ),
    ]),
  ];
  return [
    'table inet bastide',
    'delete table inet bastide',
    'table inet bastide {',
    '\tset open_connections { type ipv4_addr; size 65536; flags dynamic; }',
    chains.join('\n'),
    '}',
    'table bridge bastide',
    'delete table bridge bastide',
    'table bridge bastide {',
    chain('forward', [
      'type filter hook forward priority -10; policy accept;',
      '# by address: matching the bridge itself needs a module that not every kernel has',
      `ip saddr ${spec.isolatedSubnet} ip daddr ${spec.isolatedSubnet} counter drop`,
      `arp saddr ip ${spec.isolatedSubnet} counter drop`,
    ]),
    '}',
    '',
  ].join('\n');
}
