import { describe, expect, it } from 'vitest';
import type { Listener, MachineFacts } from './facts.ts';
import { judge } from './judge.ts';
import { closedPorts } from './judge-neighbours.ts';

const on = (port: number, uid = 0, address = '0.0.0.0'): Listener => ({
  address,
  port,
  uid,
  inode: String(port),
});

const good: MachineFacts = {
  uid: 0,
  arch: 'x64',
  osRelease: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
  kernel: '6.1.0-18-amd64',
  filesystems: 'nodev\tsysfs\nnodev\toverlay\n\text4\n',
  maxUserNamespaces: 1000,
  cgroups: { controllers: ['cpu', 'memory', 'pids'], mounted: true },
  seccomp: true,
  trials: { nftables: true, 'iptables nat': true, bridge: true, veth: true, vxlan: true, wireguard: true },
  encryption: { driver: 'xts-aes-aesni', hardware: true, overlay: true },
  swaps: [],
  diskFreeBytes: 50 * 1024 ** 3,
  memoryBytes: 4 * 1024 ** 3,
  listeners: [on(22), on(5432, 101, '127.0.0.1'), on(2377, 0, '10.200.0.1'), on(631, 0, '0:0:0:0:0:0:0:1')],
  engines: [],
  subuid: 'bastide:100000:65536\n',
  subgid: 'bastide:100000:65536\n',
  nowMs: Date.UTC(2027, 0),
  notBeforeMs: Date.UTC(2026, 0),
  timeService: 'chronyd',
  nameservers: ['192.0.2.53'],
  missingPackages: [],
  platform: {
    kit: undefined,
    settings: 'absent',
    agentRunning: false,
    ready: undefined,
    stageError: undefined,
    vpnOn: undefined,
    operatorPorts: [22],
    fileModes: [],
  },
};

const bad = (change: Partial<MachineFacts>) =>
  judge({ ...good, ...change })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, id, found }) => `${level} ${id}: ${found}`);

describe('the doctor', () => {
  it('finds nothing wrong with a good machine', () => {
    expect(bad({})).toEqual([]);
  });

  it.each([
    ['warn encryption', { encryption: undefined }],
    ['fail encryption', { encryption: { refused: 'no such policy', next: 'Boot another.' } }],
    ['warn encryption', { encryption: { driver: 'x', hardware: true, overlay: false } }],
    [
      'warn encryption',
      { encryption: { driver: 'xts(ecb(aes-fixed-time))', hardware: false, overlay: true } },
    ],
    ['warn swap', { swaps: ['/dev/sda2'] }],
    ['warn swap', { swaps: ['/dev/zram0', '/swapfile'] }],
  ])('%s where %j', (what, change) => {
    expect(bad(change)).toEqual([expect.stringContaining(what)]);
  });

  it('takes swap that is memory or encrypted', () => {
    expect(bad({ swaps: ['/dev/zram0', '/dev/mapper/swap'] })).toEqual([]);
  });

  it('says for everything that is wrong what to do', () => {
    for (const { level, next } of judge({ ...good, uid: 1, arch: 'arm64', memoryBytes: 1, seccomp: false })) {
      expect(next === undefined).toBe(level === 'ok');
    }
  });

  it.each<[string, Partial<MachineFacts>, string]>([
    [
      'another system',
      { osRelease: 'ID=ubuntu\nPRETTY_NAME="Ubuntu 24.04"' },
      'fail machine: Bastide runs on Debian 12',
    ],
    ['no root', { uid: 1000 }, 'fail machine: Bastide needs root'],
    ['no overlayfs', { filesystems: '\text4\n' }, 'fail kernel: 6.1.0-18-amd64 lacks overlayfs'],
    ['no user namespaces', { maxUserNamespaces: 0 }, 'lacks user namespaces'],
    [
      'no pids controller',
      { cgroups: { controllers: ['cpu', 'memory'], mounted: true } },
      'no pids controller',
    ],
    ['no cgroups', { cgroups: { controllers: [], mounted: false } }, 'not mounted'],
    ['no vxlan', { trials: { ...good.trials, vxlan: false } }, 'fail networking: the kernel has no vxlan'],
    [
      'no wireguard',
      { trials: { ...good.trials, wireguard: false } },
      'warn networking: the kernel has no wireguard',
    ],
    [
      'trials not possible',
      { trials: { ...good.trials, veth: undefined } },
      'warn networking: not tried: veth',
    ],
    ['a full disk', { diskFreeBytes: 9.9 * 1024 ** 3 }, 'fail disk: 9.9 GiB free'],
    ['little memory', { memoryBytes: 1024 ** 3 }, 'fail memory: 1.0 GiB'],
    ['a web server', { listeners: [on(443, 33)] }, 'fail port 443: taken by a program of user 33'],
    [
      'a way in that the firewall would close',
      { listeners: [on(22), { ...on(2222), program: 'sshd' }, on(9100)] },
      'warn other ports: the firewall will close 2222 (sshd), 9100 (a hidden program of user 0)',
    ],
    [
      'an engine with containers',
      { engines: [{ pid: 9, containers: 3 }] },
      'runs 3 containers that are not ours',
    ],
    ['an idle engine', { engines: [{ pid: 9, containers: 0 }] }, 'without containers'],
    ['a silent engine', { engines: [{ pid: 9, containers: undefined }] }, 'an unknown number of containers'],
    ['a shared user range', { subuid: 'eve:100000:65536\n' }, 'warn user range: eve'],
    ['a clock of the past', { nowMs: 0 }, 'fail clock: it says 1970-01-01'],
    ['no time service', { timeService: undefined }, 'warn clock'],
    ['no nameserver', { nameservers: [] }, 'warn name service'],
    ['missing packages', { missingPackages: ['runc'] }, 'warn packages: missing: runc'],
    ['dpkg out of order', { missingPackages: undefined }, 'warn packages: dpkg did not answer'],
    [
      'wrong settings',
      { platform: { ...good.platform, settings: { wrong: 'domian?' } } },
      'fail settings: domian?',
    ],
    ['an agent at work', { platform: { ...good.platform, agentRunning: true, ready: false } }, 'warn agent'],
    [
      'a failed bring-up',
      { platform: { ...good.platform, agentRunning: true, stageError: 'no disk' } },
      'fail agent: no disk',
    ],
    [
      'an open key',
      {
        platform: { ...good.platform, fileModes: [{ path: '/etc/bastide/secrets/x', mode: 0o644, uid: 0 }] },
      },
      'fail secrets: others may read /etc/bastide/secrets/x',
    ],
  ])('finds %s', (_name, change, words) => {
    expect(bad(change)).toHaveLength(1);
    expect(bad(change)[0]).toContain(words);
  });

  it("takes the edge's own ports and a neighbouring range of users for what they are", () => {
    expect(
      bad({
        listeners: [on(80, 65_000), on(443, 65_000)],
      }),
    ).toEqual([]);
    expect(bad({ subuid: 'eve:165536:65536\n' })).toEqual([]);
  });
});

describe('the ports that the firewall will close', () => {
  it("are neither the operator's, nor the edge's, nor out of reach anyway, each once", () => {
    const all = [...good.listeners, on(80), on(2222), on(2222, 0, '0:0:0:0:0:0:0:0')];
    expect(closedPorts(all, [22]).map(({ port }) => port)).toEqual([2222]);
    expect(closedPorts(all, [22, 2222])).toEqual([]);
    expect(closedPorts(all, []).map(({ port }) => port)).toEqual([22, 2222]);
  });

  it('are no news while the platform runs', () => {
    const platform = { ...good.platform, agentRunning: true, ready: true };
    expect(bad({ platform, listeners: [on(2222)] })).toEqual([]);
  });

  it('comes back to the VPN until operators come in by it only', () => {
    const running = { ...good.platform, agentRunning: true, ready: true };
    expect(bad({ platform: { ...running, vpnOn: false } })).toEqual([
      'warn operators: their part of the API answers to the whole internet',
    ]);
    expect(bad({ platform: { ...running, vpnOn: true } })).toEqual([]);
  });

  it('come with the words that keep them open', () => {
    const said = judge({ ...good, listeners: [on(2222)] }).find(({ id }) => id === 'other ports');
    expect(said?.next).toContain('npm start -- --operator-ports 22,2222');
  });

  it.each([
    [{ madeFor: null, testedFor: null, testedAt: null }, ['warn recovery kit: there is none']],
    [
      { madeFor: 'old', testedFor: 'old', testedAt: null },
      ['warn recovery kit: the last one is of an older root key'],
    ],
    [
      { madeFor: 'new', testedFor: 'old', testedAt: null },
      ['warn recovery kit: made, but nobody has tested it'],
    ],
    [{ madeFor: 'new', testedFor: 'new', testedAt: '2026-11-22T00:00:00Z' }, []],
  ])('nags until a recovery kit for the root key in use was tested: %j', (kit, wrong) => {
    expect(bad({ platform: { ...good.platform, kit: { current: 'new', ...kit } } })).toEqual(wrong);
  });
});
