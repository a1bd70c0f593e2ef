import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../../../test/lab/lab.ts';
import { makeEngine } from '../../adapters/docker/engine.ts';
import { writeNodeImage } from '../../adapters/docker/fixtures/image.ts';
import type { Engine, TaskFacts } from '../../adapters/docker/port.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { projectNetwork } from './model.ts';
import { makeNetworkPerform } from './perform.ts';

const FIXTURE = join(import.meta.dirname, '../../../test/fixtures/node.ts');
const [A, B] = [newId(), newId()];
const INTERNET = '198.51.100.10';

/** Serves HTTP on 8080 with the number of datagrams that reached UDP 9999. */
const SERVER = `let n = 0; const s = require('dgram').createSocket('udp4'); s.on('message', () => n++); s.bind(9999);
require('http').createServer((q, r) => r.end(String(n))).listen(8080);`;

/** Tries to connect to each [host, port]; prints those that opened. */
const PROBE = `const net = require('net'); const open = [];
Promise.all(JSON.parse(process.argv[1]).map(([host, port]) => new Promise((done) => {
  const s = net.connect({ host, port, timeout: 2500 });
  s.on('connect', () => { open.push(host + ':' + port); s.destroy(); done(); });
  s.on('timeout', () => { s.destroy(); done(); }); s.on('error', done);
}))).then(() => console.log(JSON.stringify(open.sort())));`;

/** Sends plain UDP that looks like an overlay frame to each target: [target, vni, mac, ip]. */
const FORGE = `const [targets, vni, mac, ip] = JSON.parse(process.argv[1]); const d = require('dgram').createSocket('udp4');
const sum = (b) => { let s = 0; for (let i = 0; i < b.length; i += 2) s += b.readUInt16BE(i); while (s >> 16) s = (s & 0xffff) + (s >> 16); return ~s & 0xffff; };
const say = Buffer.from('forged'); const udp = Buffer.alloc(8); udp.writeUInt16BE(5353, 0); udp.writeUInt16BE(9999, 2); udp.writeUInt16BE(8 + say.length, 4);
const to = ip.split('.').map(Number); const head = Buffer.from([0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17, 0, 0, to[0], to[1], to[2], 77, ...to]);
head.writeUInt16BE(28 + say.length, 2); head.writeUInt16BE(sum(head), 10);
const eth = Buffer.concat([Buffer.from(mac.split(':').map((x) => parseInt(x, 16))), Buffer.from([2, 0x42, 1, 2, 3, 4, 8, 0])]);
const vx = Buffer.alloc(8); vx[0] = 8; vx.writeUIntBE(vni, 4, 3); let left = targets.length;
for (const t of targets) d.send(Buffer.concat([vx, eth, head, udp, say]), 4789, t, () => --left || d.close());`;

const LISTEN = `for (const port of process.argv.slice(1)) require('net').createServer((s) => s.end()).listen(Number(port), '0.0.0.0');`;

let lab: Lab;
let engine: Engine;
let scratch: string;
let hostile: TaskFacts;
let victim: TaskFacts;
let overlay: { address: string; mac: string; vni: number };
let bridge: string;

const n1 = () => lab.host('n1');
const node = (verb: string) => n1().must([process.execPath, FIXTURE, verb]);
const inside = async (task: TaskFacts, script: string, argument?: unknown): Promise<string> =>
  must(
    await engine.exec(task.containerId!, [
      '/bin/node',
      '-e',
      script,
      ...(argument === undefined ? [] : [JSON.stringify(argument)]),
    ]),
  ).stdout;
const counted = async () =>
  Number(await n1().must(['curl', '-sm5', `http://10.200.0.1:${victim.publishedPort}/`]));

async function running(app: string): Promise<TaskFacts> {
  for (let tries = 0; tries < 240; tries += 1) {
    const task = must(await engine.tasks({ 'bastide.app': app })).find(({ state }) => state === 'running');
    if (task) return task;
    await sleep(500);
  }
  throw new Error(JSON.stringify(await engine.tasks({ 'bastide.app': app })));
}

async function project(id: string, app: string): Promise<TaskFacts> {
  const { perform } = makeNetworkPerform({ engine });
  const step = {
    capability: 'network',
    kind: 'ensureProject',
    key: id,
    summary: '',
    input: { projectId: id },
  };
  must(await perform(step));
  must(await perform(step));
  must(
    await engine.serviceCreate({
      name: app,
      labels: { 'bastide.project': id, 'bastide.app': app },
      image: 'tiny:1',
      command: ['-e', SERVER],
      env: {},
      user: '1000:1000',
      replicas: 1,
      network: projectNetwork(id),
      port: 8080,
      limits: { memoryBytes: 256 * 1024 * 1024, cpus: 1, pids: 128 },
      tmpfs: [],
      stopGraceSeconds: 2,
      restart: 'any',
    }),
  );
  return running(app);
}

/** What the hostile container opened, of everything that it must not. */
const forbidden = (): [string, number][] => [
  [overlay.address, 8080],
  [bridge, 8080],
  ...[22, 2377, 3000, 5432, 7946].flatMap((port): [string, number][] => [
    ['172.18.0.1', port],
    ['10.200.0.1', port],
    [n1().address, port],
  ]),
  ['10.200.0.1', victim.publishedPort!],
  [n1().address, victim.publishedPort!],
  ['169.254.169.254', 80],
  ['10.9.9.9', 80],
  [INTERNET, 25],
];
const allowed = (): [string, number][] => [
  [INTERNET, 443],
  [n1().address, 80],
  [n1().address, 443],
];
const texts = (targets: [string, number][]) => targets.map(([host, port]) => `${host}:${port}`).sort();

const fromHostile = async (targets: [string, number][]): Promise<string[]> =>
  JSON.parse(await inside(hostile, PROBE, targets));
const fromOutside = async (targets: [string, number][]): Promise<string[]> =>
  JSON.parse(await lab.attacker.must([process.execPath, '-e', PROBE, JSON.stringify(targets)]));

/** Forged frames that reached the victim, from the neighbour's container and from outside. */
async function forged(): Promise<number> {
  const before = await counted();
  const frame = [[n1().address, '172.18.0.1', '10.200.0.1'], overlay.vni, overlay.mac, overlay.address];
  await inside(hostile, FORGE, frame);
  await lab.attacker.must([
    process.execPath,
    '-e',
    FORGE,
    JSON.stringify([[n1().address], ...frame.slice(1)]),
  ]);
  await sleep(500);
  return (await counted()) - before;
}

const outsideForbidden = (): [string, number][] => [
  ...[2377, 3000, 5432, 7946, victim.publishedPort!].map((port): [string, number] => [n1().address, port]),
  ['10.200.0.1', victim.publishedPort!],
  ['10.200.0.1', 2377],
  [bridge, 8080],
];

beforeAll(async () => {
  lab = await createLab({ hosts: ['n1'], uplink: false });
  scratch = await mkdtemp(join(tmpdir(), 'bastide-network-'));
  await lab.wan.must(['ip', 'address', 'add', '169.254.169.254/32', 'dev', 'lo']);
  await lab.wan.must(['ip', 'address', 'add', '10.9.9.9/32', 'dev', 'lo']);
  await lab.wan.exec(['ip', 'address', 'add', `${INTERNET}/32`, 'dev', 'lo']);
  lab.wan.spawn([process.execPath, '-e', LISTEN, '25', '80', '443']);
  n1().spawn([process.execPath, '-e', LISTEN, '22', '80', '443', '3000', '5432']);
  for (const range of ['10.200.0.0/24', '172.18.0.0/16', '10.128.0.0/10']) {
    await lab.attacker.must(['ip', 'route', 'replace', range, 'via', n1().address]);
  }
  await node('up');
  engine = makeEngine(n1().path('/run/bastide/engine.sock'));
  const image = join(scratch, 'image.tar');
  await writeNodeImage(image, 'tiny:1');
  must(await engine.imageLoad(image));
  hostile = await project(A, 'hostile');
  victim = await project(B, 'victim');
  type Interfaces = Record<string, { address: string; mac: string; family: string }[]>;
  const cards = Object.values(
    JSON.parse(
      await inside(victim, "console.log(JSON.stringify(require('os').networkInterfaces()))"),
    ) as Interfaces,
  ).flat();
  const raw = await n1().must([
    'docker',
    '-H',
    'unix:///run/bastide/engine.sock',
    'network',
    'inspect',
    projectNetwork(B),
  ]);
  const [inspected] = JSON.parse(raw) as { Options: Record<string, string> }[];
  const own = cards.find(({ address }) => /^10\.1[2-9]\d\./.test(address))!;
  overlay = {
    address: own.address,
    mac: own.mac,
    vni: Number(inspected!.Options['com.docker.network.driver.overlay.vxlanid_list']),
  };
  bridge = cards.find(({ address }) => address.startsWith('172.18.'))!.address;
});

afterAll(async () => {
  await lab?.close();
  if (scratch) await rm(scratch, { recursive: true, force: true });
});

describe.each([
  ['both layers', []],
  [
    'the tables alone, every iptables rule of filter, raw and mangle flushed',
    ['filter', 'raw', 'mangle'].flatMap((table) =>
      ['iptables', 'ip6tables'].map((program) => [program, '-t', table, '-F']),
    ),
  ],
  [
    'iptables alone, our tables deleted',
    [
      ['nft', 'delete', 'table', 'inet', 'bastide'],
      ['nft', 'delete', 'table', 'bridge', 'bastide'],
    ],
  ],
])('with %s', (_, losses) => {
  beforeAll(async () => {
    await node('firewall');
    expect(JSON.parse(await node('drift'))).toEqual([]);
    for (const command of losses) await n1().must(command);
  });

  it('a hostile container reaches the internet and the edge, and nothing else', async () => {
    expect(await fromHostile([...forbidden(), ...allowed()])).toEqual(texts(allowed()));
  });

  it('it finds no other project by name', async () => {
    const lookup = `require('dns').lookup('victim', (e, a) => console.log(e ? 'none' : a));`;
    expect((await inside(hostile, lookup)).trim()).toBe('none');
  });

  it('a forged overlay frame reaches nobody', async () => {
    expect(await forged()).toBe(0);
  });

  it('from outside only the edge and the operator come in', async () => {
    const open: [string, number][] = [22, 80, 443].map((port) => [n1().address, port]);
    expect(await fromOutside([...outsideForbidden(), ...open])).toEqual(texts(open));
  });

  it('on the host only root and the edge reach a task', async () => {
    const as = (uid: string) =>
      n1().exec([
        'setpriv',
        '--reuid',
        uid,
        '--clear-groups',
        'curl',
        '-sm3',
        `http://10.200.0.1:${victim.publishedPort}/`,
      ]);
    expect([(await as('0')).code, (await as('65000')).code]).toEqual([0, 0]);
    expect((await as('12345')).code).not.toBe(0);
  });
});

describe('without any layer', () => {
  it('the same attacks get through, so that the tests above mean something', async () => {
    await node('open');
    const open = await fromHostile(forbidden());
    expect(open).toContain(`${n1().address}:3000`);
    expect(open).toContain('169.254.169.254:80');
    expect(open).toContain(`${INTERNET}:25`);
    expect(await fromOutside(outsideForbidden())).toContain(`${n1().address}:3000`);
    expect(await forged()).toBeGreaterThan(0);
    await node('firewall');
    expect(await forged()).toBe(0);
  });
});

describe('taking the node away', () => {
  it('leaves no process, rule, link, address or setting', async () => {
    await node('down');
    const rules = await n1().must(['nft', 'list', 'ruleset']);
    const links = await n1().must(['ip', '-brief', 'link']);
    const processes = await n1().must(['ps', '-e', '-o', 'comm=']);
    expect(rules).toBe('');
    expect(links).not.toMatch(/docker|bst-|veth/);
    expect(await n1().must(['ip', 'address', 'show', 'dev', 'lo'])).not.toContain('10.200.0.1');
    expect(processes).not.toMatch(/dockerd|containerd|runc/);
    expect(await n1().must(['cat', '/proc/self/mountinfo'])).not.toMatch(/engine\/|containerd\//);
  });
});
