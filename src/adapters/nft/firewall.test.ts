import { describe, expect, it } from 'vitest';
import { iptablesRestore, nftApply, nftRead } from './commands.ts';
import { isAsWanted, isEngines, isEnginesRule, isOurs, renderRemoval } from './iptables/parse.ts';
import { renderRestore } from './iptables/render.ts';
import type { FirewallSpec } from './port.ts';
import { renderTables } from './render.ts';

const spec: FirewallSpec = {
  internalSubnet: '10.200.0.0/24',
  internalInterfaces: ['lo'],
  guests: ['docker_gwbridge', 'bst-*'],
  isolatedSubnet: '172.18.0.0/16',
  edgeAddresses: ['203.0.113.1', '2001:db8::1'],
  edgePorts: [80, 443],
  resolvers: ['10.0.0.2'],
  operator: { ports: [22], from: [] },
  gateways: [],
  taskUsers: [0, 65000],
};
const EMPTY = ['raw:PREROUTING', 'mangle:POSTROUTING', 'filter:INPUT FORWARD']
  .map((line) => line.split(':'))
  .map(
    ([table, chains]) =>
      `*${table}\n${chains!
        .split(' ')
        .map((chain) => `:${chain} ACCEPT [0:0]\n`)
        .join('')}COMMIT\n`,
  )
  .join('');

/** What iptables-save prints after our restore was given to an empty machine. */
const loaded = (restore: string): string =>
  restore
    .replace(/^-I (\S+) 1 (.*)$/gm, '-A $1 $2')
    .replace('*filter\n', '*filter\n:INPUT A [0:0]\n:FORWARD A [0:0]\n')
    .replace('*raw\n', '*raw\n:PREROUTING A [0:0]\n')
    .replace('*mangle\n', '*mangle\n:POSTROUTING A [0:0]\n');

describe('the tables', () => {
  const text = renderTables(spec);

  it('replace themselves in one transaction', () => {
    expect(text).toMatch(/^table inet bastide\ndelete table inet bastide\ntable inet bastide \{/);
    expect(nftApply(text).argv).toEqual(['nft', '-f', '-']);
    expect(nftRead('inet bastide').argv).toEqual(['nft', '-s', '-t', 'list', 'table', 'inet', 'bastide']);
  });

  it('drop forged overlay frames before connection tracking', () => {
    const early = text.slice(text.indexOf('chain early'), text.indexOf('chain from_guests'));
    expect(early).toContain('priority raw - 10');
    expect(early).toContain('udp dport 4789 counter drop');
    expect(early).not.toContain('ct state');
  });

  it('let names be asked for before private addresses are refused', () => {
    const egress = text.slice(text.indexOf('chain egress'), text.indexOf('chain forward'));
    expect(egress.indexOf('10.0.0.2')).toBeGreaterThan(0);
    expect(egress.indexOf('10.0.0.2')).toBeLessThan(egress.indexOf('10.0.0.0/8'));
  });

  it('name where the operator may come from, when told', () => {
    const narrow = renderTables({
      ...spec,
      operator: { ports: [22], from: ['198.51.100.7', '2001:db8::7'] },
    });
    expect(narrow).toContain('ip saddr { 198.51.100.7 } tcp dport { 22 } accept');
    expect(narrow).toContain('ip6 saddr { 2001:db8::7 } tcp dport { 22 } accept');
    expect(renderTables({ ...spec, operator: { ports: [], from: [] } })).not.toContain('dport { 22 }');
  });

  it('close a gateway but to whom it is open', () => {
    const open = (from: string[]) => renderTables({ ...spec, gateways: [{ port: 5432, from }] });
    expect(open([])).not.toContain('5432');
    const text = open(['203.0.113.7', '2001:db8::7']);
    expect(text).toContain('ip saddr { 203.0.113.7 } tcp dport 5432 accept');
    expect(text).toContain('ip6 saddr { 2001:db8::7 } tcp dport 5432 accept');
    const input = text.slice(text.indexOf('chain input'), text.indexOf('chain egress'));
    expect(input.indexOf('goto from_guests')).toBeLessThan(input.indexOf('5432'));
  });
});

describe('the chains', () => {
  it('are as wanted after they were loaded, and seen when a rule or a jump is gone', () => {
    const save = loaded(renderRestore(spec, 'ipv4', EMPTY));
    expect(isAsWanted(spec, 'ipv4', save)).toBe(true);
    expect(isAsWanted(spec, 'ipv4', save.replace('-A BASTIDE-EGRESS -d 169.254.0.0/16 -j DROP\n', ''))).toBe(
      false,
    );
    expect(isAsWanted(spec, 'ipv4', save.replace('-A FORWARD -j BASTIDE-FWD\n', ''))).toBe(false);
    expect(isAsWanted({ ...spec, resolvers: [] }, 'ipv4', save)).toBe(false);
  });

  it('close a gateway but to whom it is open', () => {
    const rules = (family: 'ipv4' | 'ipv6', from: string[]) =>
      renderRestore({ ...spec, gateways: [{ port: 6033, from }] }, family, EMPTY);
    expect(rules('ipv4', [])).not.toContain('6033');
    const from = ['203.0.113.7', '2001:db8::7'];
    expect(rules('ipv4', from)).toContain(
      '-A BASTIDE-IN -s 203.0.113.7 -p tcp -m tcp --dport 6033 -j RETURN\n',
    );
    expect(rules('ipv6', from)).toContain(
      '-A BASTIDE-IN -s 2001:db8::7 -p tcp -m tcp --dport 6033 -j RETURN\n',
    );
    expect(rules('ipv4', from)).not.toContain('2001:db8');
  });

  it('must come before anything that accepts, but not before what drops or calls ours', () => {
    const save = loaded(renderRestore(spec, 'ipv4', EMPTY));
    const jump = '-A FORWARD -j BASTIDE-FWD';
    const behind = (rule: string) =>
      isAsWanted(spec, 'ipv4', save.replace(jump, `-A FORWARD ${rule}\n${jump}`));
    expect(behind('-i eth0 -j ACCEPT')).toBe(false);
    expect(behind('-j DOCKER-USER')).toBe(true);
    expect(behind('-i bbuild0 -j BASTIDE-BUILD-0')).toBe(true);
  });

  it('are not put in twice', () => {
    const again = renderRestore(spec, 'ipv4', loaded(renderRestore(spec, 'ipv4', EMPTY)));
    expect(again).not.toMatch(/^-I /m);
    expect(iptablesRestore('ipv6', '').argv).toEqual(['ip6tables-restore', '--noflush', '--wait', '10']);
  });

  it('are taken away with the jumps into them, and nothing else is', () => {
    const save =
      '*filter\n:INPUT ACCEPT [0:0]\n:BASTIDE-IN - [0:0]\n:BASTIDE-BUILD-0 - [0:0]\n-A INPUT -j BASTIDE-IN\n-A INPUT -s 1.2.3.4/32 -j ACCEPT\n-A BASTIDE-IN -j DROP\nCOMMIT\n';
    expect(renderRemoval(save, isOurs, () => false)).toBe(
      '*filter\n:BASTIDE-IN - [0:0]\n-D INPUT -j BASTIDE-IN\n-X BASTIDE-IN\nCOMMIT\n',
    );
  });

  it("know the engine's leftovers by chain and by bridge", () => {
    expect([isEngines('DOCKER'), isEngines('DOCKER-USER'), isEngines('DOCKERISH')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isEnginesRule('-s 172.18.0.0/16 ! -o docker_gwbridge -j MASQUERADE')).toBe(true);
    expect(isEnginesRule('-i br-lan -j ACCEPT')).toBe(false);
  });
});

describe('the network that operators come in by', () => {
  const vpn = {
    interface: 'bastide-vpn',
    port: 51_820,
    subnet: '10.202.0.0/24',
    address: '10.202.0.1',
    ports: [443],
  };
  const between = (text: string, from: string, to: string) =>
    text.slice(text.indexOf(`chain ${from} `), text.indexOf(`chain ${to} `));

  it('is in neither layer while it is down', () => {
    expect(renderTables(spec)).not.toMatch(/bastide-vpn|51820 accept|10\.202\./);
    expect(renderRestore(spec, 'ipv4', EMPTY)).not.toMatch(/bastide-vpn|51820 -j RETURN|10\.202\./);
  });

  it('is reached by its port, and its members reach one port of one address: first layer', () => {
    const text = renderTables({ ...spec, vpn });
    const input = between(text, 'input', 'egress');
    expect(input).toContain('udp dport 51820 accept');
    // Before anything that is open to the outside.
    expect(input.indexOf('iifname "bastide-vpn" goto from_vpn')).toBeLessThan(
      input.indexOf('tcp dport { 80, 443 } accept'),
    );
    expect(between(text, 'from_vpn', 'from_guests').match(/accept|drop/g)).toEqual([
      'accept',
      'accept',
      'accept',
      'drop',
    ]);
    expect(between(text, 'from_vpn', 'from_guests')).toContain(
      'ip daddr 10.202.0.1 tcp dport { 443 } accept',
    );
    const forward = text.slice(text.indexOf('hook forward priority filter'));
    expect(forward.indexOf('iifname "bastide-vpn" counter drop')).toBeGreaterThan(0);
    expect(forward.indexOf('iifname "bastide-vpn" counter drop')).toBeLessThan(
      forward.indexOf('established'),
    );
  });

  it('is nobody’s address who does not come by it: both layers, before connection tracking', () => {
    const early = between(renderTables({ ...spec, vpn }), 'early', 'from_vpn');
    expect(early).toContain('iifname != "bastide-vpn" ip saddr 10.202.0.0/24 counter drop');
    expect(early).toContain('iifname != "bastide-vpn" ip daddr 10.202.0.0/24 counter drop');
    const restore = renderRestore({ ...spec, vpn }, 'ipv4', EMPTY);
    expect(restore).toContain('-A BASTIDE-EARLY -s 10.202.0.0/24 ! -i bastide-vpn -j DROP');
    expect(restore).toContain('-A BASTIDE-EARLY -d 10.202.0.0/24 ! -i bastide-vpn -j DROP');
  });

  it('is reached by its port, and its members reach one port of one address: second layer', () => {
    const rules = renderRestore({ ...spec, vpn }, 'ipv4', EMPTY).split('\n');
    expect(rules.filter((rule) => rule.startsWith('-A BASTIDE-VPN'))).toEqual([
      '-A BASTIDE-VPN -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
      '-A BASTIDE-VPN -p icmp -m icmp --icmp-type 8 -j RETURN',
      '-A BASTIDE-VPN -d 10.202.0.1 -p tcp -m tcp --dport 443 -j RETURN',
      '-A BASTIDE-VPN -j DROP',
    ]);
    const input = rules.filter((rule) => rule.startsWith('-A BASTIDE-IN'));
    expect(input.indexOf('-A BASTIDE-IN -i bastide-vpn -j BASTIDE-VPN')).toBe(spec.guests.length + 1);
    expect(input).toContain('-A BASTIDE-IN -p udp -m udp --dport 51820 -j RETURN');
    expect(rules.filter((rule) => rule.startsWith('-A BASTIDE-FWD')).slice(0, 2)).toEqual([
      '-A BASTIDE-FWD -i bastide-vpn -j DROP',
      '-A BASTIDE-FWD -o bastide-vpn -j DROP',
    ]);
    expect(renderRestore({ ...spec, vpn }, 'ipv6', EMPTY)).toContain('-A BASTIDE-VPN -j DROP');
    expect(isOurs('BASTIDE-VPN')).toBe(true);
  });
});
