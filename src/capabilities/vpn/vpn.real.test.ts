import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Started } from '../../adapters/exec/port.ts';
import { runner } from '../../adapters/exec/run.ts';
import { iptablesRestore, iptablesSave, nftApply } from '../../adapters/nft/commands.ts';
import { isAsWanted } from '../../adapters/nft/iptables/parse.ts';
import { renderRestore } from '../../adapters/nft/iptables/render.ts';
import { renderTables } from '../../adapters/nft/render.ts';
import { makeKeyPair } from '../../adapters/wireguard/keys.ts';
import { knock, ok, type Place, twoPlaces } from '../../adapters/wireguard/testbed.ts';
import { makeWireguard } from '../../adapters/wireguard/tunnel.ts';
import { must } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { planFirewall } from '../network/plan.ts';

const [OUT, INSIDE] = ['198.51.100.1', '10.202.0.1'];
const LISTEN = `for (const port of [443, 8080]) require('net').createServer((s) => s.end()).listen(port, '0.0.0.0');`;
const unique = `wgv${process.pid}`;
const settingsOf = (name: string, address: string) => ({
  ...{ interface: `${unique}${name}`, address, subnet: '10.202.0.0/24', port: 51_820 },
  directory: join(directory, name),
});
const facts = {
  ...{ internalSubnet: '10.200.0.0/24', internalInterfaces: ['lo'], resolvers: [] },
  addresses: [
    { interface: 'out0', address: OUT },
    { interface: `${unique}s`, address: INSIDE },
  ],
};
const spec = planFirewall(facts, undefined, [], {
  ...{ interface: `${unique}s`, address: INSIDE, subnet: '10.202.0.0/24', port: 51_820, ports: [443] },
});

let directory: string;
let server: Place;
let laptop: Place;
let listening: Started;

const tunnel = (name: 's' | 'c') =>
  makeWireguard(name === 's' ? server : laptop, settingsOf(name, name === 's' ? INSIDE : '10.202.0.2'));
const done = async (command: Parameters<Place['run']>[0]): Promise<string> => {
  const ran = must(await server.run(command));
  if (ran.code !== 0) throw new Error(ran.stderr);
  return ran.stdout;
};

const layers = {
  async nft() {
    await done(nftApply(renderTables(spec)));
  },
  async iptables() {
    for (const family of ['ipv4', 'ipv6'] as const) {
      const save = await done(iptablesSave(family));
      await done(iptablesRestore(family, renderRestore(spec, family, save)));
      expect(isAsWanted(spec, family, await done(iptablesSave(family)))).toBe(true);
    }
  },
};
async function none() {
  await done(nftApply('flush ruleset\n'));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-vpn-'));
  [server, laptop] = await twoPlaces();
  const keys = makeKeyPair();
  const file = join(directory, 'laptop.key');
  await writeFile(file, keys.privateKey.reveal(), { mode: 0o600 });
  must(await tunnel('s').raise());
  must(await tunnel('s').admit([{ publicKey: keys.publicKey, address: '10.202.0.2' }]));
  must(await tunnel('c').raise());
  await ok(laptop, `wg set ${unique}c private-key ${file}`);
  const end = must(await tunnel('s').publicKey());
  await ok(laptop, `wg set ${unique}c peer ${end} endpoint ${OUT}:51820 allowed-ips ${INSIDE}/32`);
  listening = runner.start({
    argv: ['nsenter', `--net=/proc/${server.pid}/ns/net`, process.execPath, '-e', LISTEN],
    timeoutMs: 600_000,
  });
  while ((await knock(server, '127.0.0.1', 8080)) !== 'open') await sleep(50);
});

afterAll(async () => {
  listening.kill();
  await listening.done;
  await tunnel('c').lower();
  await tunnel('s').lower();
  for (const at of [server, laptop]) await at.end();
  await rm(directory, { recursive: true, force: true });
});

describe.each([
  ['the first layer of the firewall alone', ['nft']],
  ['the second layer alone', ['iptables']],
  ['both', ['nft', 'iptables']],
] as const)('with %s', (_name, which) => {
  beforeAll(async () => {
    await none();
    for (const layer of which) await layers[layer]();
  });

  it('who is inside reaches the edge at its address there, and nothing else', async () => {
    expect(await knock(laptop, INSIDE, 443)).toBe('open');
    expect(await knock(laptop, INSIDE, 8080)).not.toBe('open');
    // The machine's other addresses and what is behind it: a peer that asks for them by the tunnel.
    const peer = `wg set ${unique}c peer ${must(await tunnel('s').publicKey())} allowed-ips`;
    await ok(laptop, `${peer} 0.0.0.0/0`);
    for (const address of ['203.0.113.9', '10.200.0.1']) {
      await ok(server, `ip address replace ${address}/32 dev lo`);
      await ok(laptop, `ip route replace ${address}/32 dev ${unique}c`);
      expect(await knock(laptop, address, 443)).not.toBe('open');
      await ok(laptop, `ip route delete ${address}/32 dev ${unique}c`);
      await ok(server, `ip address delete ${address}/32 dev lo`);
    }
    await ok(laptop, `${peer} ${INSIDE}/32`);
  });

  it('who is outside reaches the edge at its own address, and never the one inside', async () => {
    expect(await knock(laptop, OUT, 443)).toBe('open');
    expect(await knock(laptop, OUT, 8080)).not.toBe('open');
    await ok(laptop, `ip link set ${unique}c down`);
    await ok(laptop, `ip route replace ${INSIDE}/32 via ${OUT} dev out0`);
    expect(await knock(laptop, INSIDE, 443)).toBe('silent');
    await ok(laptop, `ip route delete ${INSIDE}/32 via ${OUT} dev out0`);
    await ok(laptop, `ip link set ${unique}c up`);
    await ok(laptop, `ip route replace ${INSIDE}/32 dev ${unique}c`);
  });
});

it('without a firewall the address inside would be reached from outside: the walls are what keeps it', async () => {
  await none();
  await ok(laptop, `ip link set ${unique}c down`);
  await ok(laptop, `ip route replace ${INSIDE}/32 via ${OUT} dev out0`);
  expect(await knock(laptop, INSIDE, 443)).toBe('open');
});
