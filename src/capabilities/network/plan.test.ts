import { describe, expect, it } from 'vitest';
import { makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { makeMemoryFirewall } from '../../adapters/nft/memory.ts';
import { must } from '../../kernel/refusal.ts';
import { listAddresses } from './commands.ts';
import { parseAddresses, parseResolvers } from './parse.ts';
import { ensureFirewall, makeNetworkPerform } from './perform.ts';
import { planFirewall } from './plan.ts';

const facts = {
  internalSubnet: '10.200.0.0/24',
  internalInterfaces: ['lo'],
  addresses: [
    { interface: 'lo', address: '10.200.0.1' },
    { interface: 'enp1s0', address: '203.0.113.1' },
    { interface: 'enp1s0', address: '2001:db8::1' },
    { interface: 'enp1s0', address: 'fe80::1' },
    { interface: 'docker_gwbridge', address: '172.18.0.1' },
    { interface: 'bst-0123456789', address: '172.20.0.1' },
    { interface: 'br-lan', address: '192.168.1.1' },
  ],
  resolvers: ['127.0.0.53', '10.0.0.2', '10.0.0.2'],
};
const projectId = '0193b7a0-0000-7000-8000-000000000001';
const step = (kind: string) => ({
  capability: 'network',
  kind,
  key: kind,
  summary: '',
  input: { projectId },
});

describe('the packet filter', () => {
  it("opens the edge at the machine's own addresses only, whatever its interfaces are called", () => {
    expect(planFirewall(facts).edgeAddresses).toEqual(['192.168.1.1', '2001:db8::1', '203.0.113.1']);
  });

  it('lets real name servers be asked', () => expect(planFirewall(facts).resolvers).toEqual(['10.0.0.2']));

  it('keeps the operator in unless told otherwise', () => {
    expect(planFirewall(facts).operator).toEqual({ ports: [22], from: [] });
    expect(planFirewall(facts, { ports: [], from: [] }).operator.ports).toEqual([]);
  });

  it('opens a gateway to the addresses of its open grants, and to nobody without one', () => {
    expect(planFirewall(facts).gateways).toEqual([
      { port: 5432, from: [] },
      { port: 6033, from: [] },
      { port: 2200, from: [] },
    ]);
    const open = [
      { port: 5432, source: '203.0.113.9' },
      { port: 5432, source: '203.0.113.7' },
      { port: 5432, source: '203.0.113.7' },
    ];
    expect(planFirewall(facts, undefined, open).gateways).toEqual([
      { port: 5432, from: ['203.0.113.7', '203.0.113.9'] },
      { port: 6033, from: [] },
      { port: 2200, from: [] },
    ]);
    const everybody = planFirewall(facts, undefined, [
      { port: 2200, source: '*' },
      { port: 2200, source: '203.0.113.0/24' },
    ]);
    expect(everybody.edgePorts).toEqual([80, 443, 2200]);
    expect(everybody.gateways[2]).toEqual({ port: 2200, from: [] });
  });

  it('is put right where somebody changed it, and says so', async () => {
    const firewall = makeMemoryFirewall();
    expect(must(await ensureFirewall({ firewall }, facts)).changed).toEqual(['nft', 'iptables']);
    expect(must(await ensureFirewall({ firewall }, facts)).changed).toEqual([]);
    firewall.lose('nft');
    expect(must(await ensureFirewall({ firewall }, facts)).changed).toEqual(['nft']);
  });
});

describe("a project's network", () => {
  it('is made and removed, each as often as asked', async () => {
    const engine = makeMemoryEngine();
    must(await engine.swarmInit({ advertise: '', listen: '', pool: '', poolMask: 24 }));
    const { perform } = makeNetworkPerform({ engine });
    for (const _ of [1, 2]) must(await perform(step('ensureProject')));
    expect([...engine.state.networks.keys()]).toEqual([`bastide-p-${projectId}`]);
    for (const _ of [1, 2]) must(await perform(step('removeProject')));
    expect(engine.state.networks.size).toBe(0);
  });

  it('refuses a step that it does not know', async () => {
    const { perform } = makeNetworkPerform({ engine: makeMemoryEngine() });
    expect(await perform(step('other'))).toMatchObject({ code: 'network_step_unknown' });
  });
});

describe('what the machine says', () => {
  it('name servers', () => {
    const text =
      '# nameserver 1.1.1.1\nsearch x\nnameserver 10.0.0.2\nnameserver fe80::1%eth0\nnameserver bad\n';
    expect(parseResolvers(text)).toEqual(['10.0.0.2', 'fe80::1']);
  });

  it('addresses', () => {
    expect(listAddresses.argv).toEqual(['ip', '-json', 'address', 'show']);
    const json = '[{"ifname":"lo","addr_info":[{"local":"127.0.0.1"}]},{"ifname":"x"}]';
    expect(parseAddresses(json)).toEqual([{ interface: 'lo', address: '127.0.0.1' }]);
  });
});
