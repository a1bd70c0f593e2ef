import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { INTERNET_ADDRESS } from '../../lab/topology.ts';
import { plain } from './apps.ts';
import { DOMAIN, type Platform } from './platform.ts';

/** One place that a hostile container tries: a TCP connection, unless told otherwise. */
export interface Target {
  readonly what: string;
  readonly host: string;
  readonly port: number;
  readonly open: boolean;
}

export interface Row extends Target {
  /** Whether it opened, in each world. */
  readonly seen: readonly boolean[];
}

export interface World {
  readonly name: string;
  /** What takes a layer away, as root on the node. */
  readonly losses: readonly (readonly string[])[];
}

export const WORLDS: readonly World[] = [
  { name: 'both layers', losses: [] },
  {
    name: 'without iptables',
    losses: ['filter', 'raw', 'mangle'].flatMap((table) =>
      ['iptables', 'ip6tables'].map((program) => [program, '-t', table, '-F']),
    ),
  },
  {
    name: 'without nft',
    losses: [
      ['nft', 'delete', 'table', 'inet', 'bastide'],
      ['nft', 'delete', 'table', 'bridge', 'bastide'],
    ],
  },
];

/** A web app that connects wherever it is told, and sends what looks like an overlay frame. */
const hostile = {
  ...plain('hostile'),
  'server.js': `const net = require("net"), dns = require("dns"), http = require("http"), dgram = require("dgram"), fs = require("fs");
const connect = ([host, port]) => new Promise((done) => {
  const s = net.connect({ host, port, timeout: 3000 });
  s.on("connect", () => { s.destroy(); done(true); });
  s.on("timeout", () => { s.destroy(); done(false); });
  s.on("error", () => done(false));
});
const work = {
  connect: (targets) => Promise.all(targets.map(connect)),
  lookup: (names) => Promise.all(names.map((name) => dns.promises.lookup(name).then((a) => a.address, () => null))),
  files: (names) => names.filter((name) => fs.existsSync(name)),
  forge: ([targets, frame]) => new Promise((done) => {
    const d = dgram.createSocket("udp4"); let left = targets.length;
    for (const t of targets) d.send(Buffer.from(frame, "base64"), 4789, t, () => --left || d.close(() => done("sent")));
  }),
};
http.createServer((q, r) => {
  let text = ""; q.on("data", (d) => (text += d));
  q.on("end", async () => {
    if (q.method !== "POST") return r.end("hostile\\n");
    const [what, argument] = JSON.parse(text);
    r.end(JSON.stringify(await work[what](argument)));
  });
}).listen(Number(process.env.PORT), "0.0.0.0");
if (process.argv[2]) work.connect(JSON.parse(process.argv[2])).then((seen) => { console.log(JSON.stringify(seen)); process.exit(0); });\n`,
};

/** The neighbour: says its addresses, and how many datagrams reached it. */
const victim = {
  ...plain('victim'),
  'server.js': `let n = 0; const s = require("dgram").createSocket("udp4"); s.on("message", () => n++); s.bind(9999);
require("http").createServer((q, r) => r.end(JSON.stringify({ n, cards: Object.values(require("os").networkInterfaces()).flat() }))).listen(Number(process.env.PORT), "0.0.0.0");\n`,
};

interface Card {
  readonly address: string;
  readonly mac: string;
}

const checksum = (bytes: Buffer): number => {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
};

/** A datagram to port 9999 of the card, inside Ethernet, inside VXLAN (RFC 7348). */
export function overlayFrame(vni: number, { address, mac }: Card): Buffer {
  const to = address.split('.').map(Number);
  const say = Buffer.from('forged');
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(5353, 0);
  udp.writeUInt16BE(9999, 2);
  udp.writeUInt16BE(8 + say.length, 4);
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17, 0, 0, to[0]!, to[1]!, to[2]!, 77, ...to]);
  ip.writeUInt16BE(28 + say.length, 2);
  ip.writeUInt16BE(checksum(ip), 10);
  const ethernet = Buffer.from([
    ...mac.split(':').map((part) => Number.parseInt(part, 16)),
    2,
    0x42,
    1,
    2,
    3,
    4,
    8,
    0,
  ]);
  const vxlan = Buffer.alloc(8);
  vxlan[0] = 8;
  vxlan.writeUIntBE(vni, 4, 3);
  return Buffer.concat([vxlan, ethernet, ip, udp, say]);
}

/** Two projects, the hostile app in one, its neighbour in the other, and everything that the hostile one may try. */
export interface Scene {
  readonly targets: readonly Target[];
  /** Which of the targets opened, asked for from inside the hostile web process. */
  connect(): Promise<boolean[]>;
  /** The same from a one-off container. */
  connectByRun(): Promise<boolean[]>;
  lookup(names: readonly string[]): Promise<(string | null)[]>;
  files(names: readonly string[]): Promise<string[]>;
  /** Forged frames that reached the neighbour. */
  forged(): Promise<number>;
  /** Stops the agent, which would put back what is taken away, and takes it away. */
  lose(world: World): Promise<void>;
  /** Lets the agent go on, and waits until it has put everything back. */
  heal(): Promise<void>;
}

export async function setScene(platform: Platform): Promise<Scene> {
  const { node, lab, desk } = platform;
  await platform.app('hostile', 'aggressor');
  await platform.app('victim', 'neighbour');
  await platform.ok('deploy', platform.source('hostile', hostile), '--app', 'hostile');
  await platform.ok('deploy', platform.source('victim', victim), '--app', 'victim');
  for (const address of ['169.254.169.254', '10.9.9.9', '192.168.7.7'])
    await lab.wan.exec(['ip', 'address', 'add', `${address}/32`, 'dev', 'lo']);
  const listen =
    "for (const port of process.argv.slice(1)) require('net').createServer((s) => s.end()).listen(Number(port), '0.0.0.0')";
  desk.spawn([process.execPath, '-e', listen, '25', '80', '443']);
  // Services that a person may have on a node, listening everywhere.
  node.host.spawn([process.execPath, '-e', listen, '22', '3000', '5432']);
  await node.host.waitListening(5432);

  const asked = async () =>
    JSON.parse((await platform.get(`https://victim.${DOMAIN}/`)).body) as { n: number; cards: Card[] };
  const { cards } = await asked();
  const overlay = cards.find(({ address }) => /^10\.1[2-9]\d\./.test(address))!;
  const bridge = cards.find(({ address }) => address.startsWith('172.'))!;
  const inspect = async (...args: string[]) => (await node.docker(...args)).stdout.trim();
  const containers = (await inspect('ps', '--format', '{{.ID}}')).split('\n');
  let published = 0;
  let network = '';
  for (const id of containers) {
    const says = await inspect(
      'inspect',
      id,
      '--format',
      '{{range $n, $v := .NetworkSettings.Networks}}{{$n}}={{$v.IPAddress}} {{end}}',
    );
    const found = says.split(' ').find((part) => part.endsWith(`=${overlay.address}`));
    if (!found) continue;
    network = found.split('=')[0]!;
    published = Number(/:(\d+)/.exec(await inspect('port', id))?.[1] ?? 0);
  }
  const vni = Number(
    await inspect(
      'network',
      'inspect',
      network,
      '--format',
      '{{index .Options "com.docker.network.driver.overlay.vxlanid_list"}}',
    ),
  );
  // A door that is not there would pass for one that is closed.
  if (!network || !(vni > 0)) throw new Error(`the neighbour's network was not found: ${network} ${vni}`);
  await node.host.must(['curl', '--silent', '--fail', '--max-time', '5', `http://10.200.0.1:${published}/`]);
  const self = node.host.address;
  const gateway = bridge.address.replace(/\d+$/, '1');
  const closed = (what: string, host: string, port: number): Target => ({ what, host, port, open: false });
  const targets: Target[] = [
    closed("the neighbour's app, its network", overlay.address, 8080),
    closed("the neighbour's app, the shared bridge", bridge.address, 8080),
    closed("the neighbour's published port, inside", '10.200.0.1', published),
    closed("the neighbour's published port, outside", self, published),
    ...[self, '10.200.0.1', gateway].flatMap((host) => [
      closed('a service on the node: SSH', host, 22),
      closed('a service on the node', host, 3000),
      closed('a service on the node: PostgreSQL', host, 5432),
      closed('the engine: swarm', host, 2377),
      closed('the engine: gossip', host, 7946),
      closed('the registry', host, 5443),
    ]),
    closed('the metadata address', '169.254.169.254', 80),
    closed('a private address', '10.9.9.9', 80),
    closed('a private address', '192.168.7.7', 80),
    closed('mail on the internet', INTERNET_ADDRESS, 25),
    { what: 'the internet', host: INTERNET_ADDRESS, port: 443, open: true },
    { what: 'the edge', host: self, port: 443, open: true },
    { what: "the neighbour's public name", host: `victim.${DOMAIN}`, port: 443, open: true },
  ];
  const pairs = targets.map(({ host, port }) => [host, port]);
  const tell = async <T>(what: string, argument: unknown): Promise<T> => {
    const data = JSON.stringify([what, argument]);
    const { body } = await platform.get(`https://hostile.${DOMAIN}/`, '--data-binary', data);
    return JSON.parse(body) as T;
  };
  return {
    targets,
    connect: () => tell('connect', pairs),
    async connectByRun() {
      const ran = await platform.ok(
        'run',
        '--app',
        'hostile',
        '--',
        'node',
        'server.js',
        JSON.stringify(pairs),
      );
      return JSON.parse(ran) as boolean[];
    },
    lookup: (names) => tell('lookup', names),
    files: (names) => tell('files', names),
    async forged() {
      const before = (await asked()).n;
      await tell('forge', [[self, '10.200.0.1', gateway], overlayFrame(vni, overlay).toString('base64')]);
      await sleep(500);
      return (await asked()).n - before;
    },
    async lose({ losses }) {
      node.agent.kill('SIGSTOP');
      for (const loss of losses) await node.host.must(loss);
    },
    async heal() {
      node.agent.kill('SIGCONT');
      const whole = async () => {
        const rules = await node.host.must(['nft', 'list', 'ruleset']);
        return (
          /table inet bastide/.test(rules) && /table bridge bastide/.test(rules) && /DOCKER-USER/.test(rules)
        );
      };
      // The agent looks every ten seconds; twice, so that both layers have been seen to.
      await sleep(25_000);
      if (!(await whole())) throw new Error('the agent did not put the firewall back');
    },
  };
}

export const reachabilityTable = (rows: readonly Row[], forged: readonly number[]): string => {
  const cell = (open: boolean) => (open ? 'open' : '–');
  const lines = rows.map(
    ({ what, host, port, open, seen }) =>
      `| ${what} | \`${host}:${port}\` | ${cell(open)} | ${seen.map(cell).join(' | ')} |`,
  );
  return [
    `| from a hostile container to | address | wanted | ${WORLDS.map(({ name }) => name).join(' | ')} |`,
    `|---|---|---|${WORLDS.map(() => '---|').join('')}`,
    ...lines,
    `| a forged VXLAN frame into the neighbour's network | udp 4789 | – | ${forged.map((n) => cell(n > 0)).join(' | ')} |`,
  ].join('\n');
};

export const document = join(import.meta.dirname, '../../../docs/security/reachability.md');
