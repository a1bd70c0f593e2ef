import { describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { startDockerd } from './commands.ts';
import { labelOf, pathsOf, renderDaemon, renderFiles, sha256 } from './daemon/render.ts';
import type { NodeFacts, NodeSettings } from './model.ts';
import { planNode, SYSCTLS } from './plan.ts';

const settings: NodeSettings = {
  internalAddress: '10.200.0.1',
  internalSubnet: '10.200.0.0/24',
  engineRoot: '/state/engine',
  containerdRoot: '/state/containerd',
  engineSocket: '/run/b/engine.sock',
  stateDir: '/state',
  runDir: '/run/b',
  configDir: '/etc/b',
  logDir: '/log',
  cgroupParent: '/bastide',
};
const SECCOMP = '{}';
const daemon = renderDaemon(settings, SECCOMP);
const ours = { pid: 7, command: ['/usr/sbin/dockerd', '--config-file', pathsOf(settings).daemon] };
const engine: NonNullable<NodeFacts['engine']> = {
  labels: [labelOf(daemon)],
  securityOptions: [`name=seccomp,profile=${pathsOf(settings).seccomp}`, 'name=userns'],
  root: '/state/engine/100000.100000',
  swarm: 'active',
  networks: ['docker_gwbridge'],
};
const settled: NodeFacts = {
  remapUser: { user: true, subuid: true, subgid: true },
  addresses: ['10.200.0.1', '192.0.2.7'],
  routes: [{ destination: '192.0.2.0/24', device: 'eth0' }],
  sysctls: SYSCTLS,
  files: Object.fromEntries(
    Object.entries(renderFiles(settings, SECCOMP)).map(([path, text]) => [path, sha256(text)]),
  ),
  engines: [ours],
  engine,
  mtu: 1500,
};
const kinds = (facts: Partial<NodeFacts>) =>
  must(planNode({ ...settled, ...facts }, settings, SECCOMP)).map(({ kind }) => kind);
const code = (facts: Partial<NodeFacts>) => {
  const plan = planNode({ ...settled, ...facts }, settings, SECCOMP);
  return isRefusal(plan) ? plan.code : 'planned';
};

describe('the plan of a node', () => {
  it('is empty when everything is as wanted', () => expect(kinds({})).toEqual([]));

  it('makes a bare machine a node, the engine last', () => {
    expect(
      kinds({
        remapUser: { user: false, subuid: false, subgid: false },
        addresses: [],
        sysctls: { ...SYSCTLS, 'net.ipv4.ip_forward': '0' },
        files: {},
        engines: [],
        engine: undefined,
      }),
    ).toEqual(['remapUser', 'address', 'sysctls', 'files', 'startEngine']);
  });

  it('makes the bridge before the cluster, which would make it open to everybody', () => {
    expect(kinds({ engine: { ...engine, swarm: 'inactive', networks: [] } })).toEqual([
      'exitBridge',
      'swarm',
    ]);
    expect(kinds({ engine: { ...engine, networks: ['docker_gwbridge', 'ingress'] } })).toEqual([
      'removeIngress',
    ]);
  });

  it.each([
    ['another configuration', { labels: ['bastide.config=old'] }],
    ['no mapping of users', { securityOptions: engine.securityOptions.slice(0, 1) }],
    [
      'the list of system calls of somebody else',
      { securityOptions: ['name=seccomp,profile=default', 'name=userns'] },
    ],
    ['its state elsewhere', { root: '/var/lib/docker' }],
  ])('starts an engine again that runs with %s', (_, change) => {
    expect(kinds({ engine: { ...engine, ...change } })).toEqual(['stopEngine', 'startEngine']);
  });

  it('stops an engine of ours that does not answer', () => {
    expect(kinds({ engine: undefined })).toEqual(['stopEngine', 'startEngine']);
  });

  it('leaves alone a setting that the kernel does not know', () => {
    expect(kinds({ sysctls: { ...SYSCTLS, 'net.bridge.bridge-nf-call-iptables': undefined } })).toEqual([]);
  });

  it("refuses a machine with somebody else's engine", () => {
    expect(code({ engines: [ours, { pid: 9, command: ['/usr/sbin/dockerd', '-H', 'fd://'] }] })).toBe(
      'engine_foreign',
    );
  });

  it.each(['10.128.0.0/20', '10.200.0.0/24', '172.16.0.0/12', '172.21.4.0/24', '10.0.0.0/8'])(
    'refuses a machine whose network %s is where ours would be',
    (destination) => expect(code({ routes: [{ destination, device: 'eth0' }] })).toBe('node_address_taken'),
  );

  it('takes networks beside ours', () => {
    expect(
      code({
        routes: [
          { destination: '10.0.0.0/16', device: 'eth0' },
          { destination: '172.17.0.0/16', device: 'x' },
        ],
      }),
    ).toBe('planned');
  });
});

describe("the engine's configuration", () => {
  it('has every wall up', () => {
    expect(JSON.parse(daemon)).toMatchObject({
      hosts: ['unix:///run/b/engine.sock'],
      'userns-remap': 'bastide',
      'no-new-privileges': true,
      icc: false,
      'userland-proxy': false,
      'live-restore': false,
      bridge: 'none',
      ipv6: false,
      'seccomp-profile': '/etc/b/engine/seccomp.json',
      'log-opts': { 'max-size': '10m', 'max-file': '3' },
      'cgroup-parent': '/bastide',
    });
  });

  it('says by a label what it is, system calls included', () => {
    expect(labelOf(renderDaemon(settings, '{"x":1}'))).not.toBe(labelOf(daemon));
  });

  it('starts as a process of its own', () => {
    expect(startDockerd(settings).argv.join(' ')).toBe(
      'start-stop-daemon --start --background --make-pidfile --pidfile /run/b/dockerd.pid --output /log/engine.log --startas /usr/sbin/dockerd -- --config-file /etc/b/engine/daemon.json',
    );
  });
});
