import type { FirewallSpec } from '../port.ts';
import { FABRIC_UDP, NEVER4, v4, v6 } from '../ranges.ts';

export type Family = 'ipv4' | 'ipv6';

/** One hook of ours: the built-in (or Docker's) chain that calls it, and what we put into it. */
export interface Hook {
  readonly table: 'raw' | 'mangle' | 'filter';
  readonly parent: string;
  readonly chain: string;
}

/** Docker promises to leave DOCKER-USER alone and to call it first; it makes it for IPv4 only. */
export const HOOKS: Readonly<Record<Family, readonly Hook[]>> = {
  ipv4: [
    { table: 'raw', parent: 'PREROUTING', chain: 'BASTIDE-EARLY' },
    { table: 'mangle', parent: 'POSTROUTING', chain: 'BASTIDE-TASKS' },
    { table: 'filter', parent: 'INPUT', chain: 'BASTIDE-IN' },
    { table: 'filter', parent: 'DOCKER-USER', chain: 'BASTIDE-FWD' },
    // Directly too: a flush takes Docker's own call of DOCKER-USER away, and only its restart brings it back.
    { table: 'filter', parent: 'FORWARD', chain: 'BASTIDE-FWD' },
  ],
  ipv6: [
    { table: 'raw', parent: 'PREROUTING', chain: 'BASTIDE-EARLY' },
    { table: 'filter', parent: 'INPUT', chain: 'BASTIDE-IN' },
    { table: 'filter', parent: 'FORWARD', chain: 'BASTIDE-FWD' },
  ],
};

const ESTABLISHED = '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN';
/** iptables spells a prefix `br-+`. */
const plus = (pattern: string): string => pattern.replace(/\*$/, '+');
const of = (family: Family, addresses: readonly string[]) => (family === 'ipv4' ? v4 : v6)(addresses);

type Rules = Readonly<Record<string, readonly string[]>>;

function dns(spec: FirewallSpec, family: Family): string[] {
  return of(family, spec.resolvers).flatMap((address) =>
    ['udp', 'tcp'].map((protocol) => `-d ${address} -p ${protocol} -m ${protocol} --dport 53 -j RETURN`),
  );
}

function early(spec: FirewallSpec, family: Family): string[] {
  return [
    ...spec.internalInterfaces.map((name) => `-i ${name} -j RETURN`),
    '-p udp -m udp --dport 4789 -j DROP',
    ...(family === 'ipv4' ? [`-d ${spec.internalSubnet} -j DROP`, '-d 127.0.0.0/8 -j DROP'] : []),
    ...(spec.vpn && family === 'ipv4'
      ? ['-d', '-s'].map((end) => `${end} ${spec.vpn!.subnet} ! -i ${spec.vpn!.interface} -j DROP`)
      : []),
  ];
}

function input(spec: FirewallSpec, family: Family): string[] {
  const { ports, from } = spec.operator;
  const sources = from.length === 0 ? [''] : of(family, from).map((address) => `-s ${address} `);
  return [
    '-i lo -j RETURN',
    ...spec.guests.map((guest) => `-i ${plus(guest)} -j BASTIDE-GUEST`),
    ...(spec.vpn ? [`-i ${spec.vpn.interface} -j BASTIDE-VPN`] : []),
    ESTABLISHED,
    ...(family === 'ipv4'
      ? ['-p icmp -j RETURN', '-p udp -m udp --sport 67 --dport 68 -j RETURN']
      : ['-p ipv6-icmp -j RETURN', '-s fe80::/10 -p udp -m udp --sport 547 --dport 546 -j RETURN']),
    ...spec.edgePorts.map((port) => `-p tcp -m tcp --dport ${port} -j RETURN`),
    ...spec.gateways.flatMap(({ port, from: one }) =>
      of(family, one).map((address) => `-s ${address} -p tcp -m tcp --dport ${port} -j RETURN`),
    ),
    ...(spec.vpn ? [`-p udp -m udp --dport ${spec.vpn.port} -j RETURN`] : []),
    ...ports.flatMap((port) => sources.map((source) => `${source}-p tcp -m tcp --dport ${port} -j RETURN`)),
    '-j DROP',
  ];
}

function vpn({ vpn: entry }: FirewallSpec, family: Family): string[] {
  if (!entry) return [];
  if (family === 'ipv6') return ['-j DROP'];
  return [
    ESTABLISHED,
    '-p icmp -m icmp --icmp-type 8 -j RETURN',
    ...entry.ports.map((port) => `-d ${entry.address} -p tcp -m tcp --dport ${port} -j RETURN`),
    '-j DROP',
  ];
}

function guest(spec: FirewallSpec, family: Family): string[] {
  return [
    ESTABLISHED,
    ...of(family, spec.edgeAddresses).flatMap((address) =>
      spec.edgePorts.map((port) => `-d ${address} -p tcp -m tcp --dport ${port} -j RETURN`),
    ),
    ...dns(spec, family),
    '-j DROP',
  ];
}

function forward(spec: FirewallSpec): string[] {
  const guests = spec.guests.map(plus);
  return [
    ...(spec.vpn ? ['-i', '-o'].map((way) => `${way} ${spec.vpn!.interface} -j DROP`) : []),
    ESTABLISHED,
    ...guests.map((name) => `-i ${name} -j BASTIDE-EGRESS`),
    // What is left comes from outside or from the host's other networks: nothing of it may reach a guest.
    ...guests.map((name) => `-o ${name} -j DROP`),
  ];
}

function egress(spec: FirewallSpec, family: Family): string[] {
  if (family === 'ipv6') return [...dns(spec, family), '-j DROP'];
  return [
    ...spec.guests.map((name) => `-o ${plus(name)} -j DROP`),
    ...dns(spec, family),
    ...NEVER4.map((range) => `-d ${range} -j DROP`),
    ...FABRIC_UDP.map((port) => `-p udp -m udp --dport ${port} -j DROP`),
    '-p tcp -m tcp --dport 25 -j REJECT --reject-with tcp-reset',
  ];
}

function tasks(spec: FirewallSpec): Rules {
  return {
    'BASTIDE-TASKS': spec.guests.map(
      (name) => `-o ${plus(name)} -m conntrack --ctstate NEW -j BASTIDE-USERS`,
    ),
    'BASTIDE-USERS': [
      ...spec.taskUsers.map((uid) => `-m owner --uid-owner ${uid} -j RETURN`),
      '-m owner --socket-exists -j DROP',
    ],
  };
}

/** Our chains of each table, as iptables-save would print them. */
export function rulesOf(spec: FirewallSpec, family: Family): Readonly<Record<Hook['table'], Rules>> {
  return {
    raw: { 'BASTIDE-EARLY': early(spec, family) },
    mangle: family === 'ipv4' ? tasks(spec) : {},
    filter: {
      'BASTIDE-IN': input(spec, family),
      'BASTIDE-GUEST': guest(spec, family),
      'BASTIDE-VPN': vpn(spec, family),
      'BASTIDE-FWD': forward(spec),
      'BASTIDE-EGRESS': egress(spec, family),
    },
  };
}

/**
 * Input of `iptables-restore --noflush`: our chains are emptied and filled in one transaction per table; the jump
 * into each is put first where `current` (iptables-save's output) does not have it first already.
 */
export function renderRestore(spec: FirewallSpec, family: Family, current: string): string {
  const tables = Object.entries(rulesOf(spec, family)).filter(([, rules]) => Object.keys(rules).length > 0);
  return tables
    .map(([table, rules]) => {
      const hooks = HOOKS[family].filter((hook) => hook.table === table);
      const parents = hooks.map(({ parent }) => parent).filter((parent) => parent === 'DOCKER-USER');
      const there = chainsOf(current, table);
      return [
        `*${table}`,
        ...parents.filter((parent) => !there.has(parent)).map((parent) => `:${parent} - [0:0]`),
        ...Object.keys(rules).map((chain) => `:${chain} - [0:0]`),
        ...Object.entries(rules).flatMap(([chain, lines]) => lines.map((line) => `-A ${chain} ${line}`)),
        ...hooks.flatMap(({ parent, chain }) => {
          const jump = `-j ${chain}`;
          const calls = there.get(parent) ?? [];
          if (calls[0] === jump || (calls[0] === '-j DOCKER-USER' && calls[1] === jump)) return [];
          return [
            ...calls.filter((call) => call === jump).map(() => `-D ${parent} ${jump}`),
            `-I ${parent} 1 ${jump}`,
          ];
        }),
        'COMMIT',
        '',
      ].join('\n');
    })
    .join('');
}

/** Every chain of a table and its rules, from iptables-save. */
export function chainsOf(save: string, table: string): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  let inside = false;
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) inside = line === `*${table}`;
    if (!inside) continue;
    const declared = /^:(\S+) /.exec(line);
    if (declared) chains.set(declared[1]!, []);
    const rule = /^-A (\S+) (.*)$/.exec(line);
    if (rule) chains.get(rule[1]!)?.push(rule[2]!);
  }
  return chains;
}
