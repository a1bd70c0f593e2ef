import { createHash } from 'node:crypto';
import { BRIDGE_POOL, type NodeSettings, REMAP_USER } from '../model.ts';

export const pathsOf = (settings: NodeSettings) => ({
  daemon: `${settings.configDir}/engine/daemon.json`,
  containerd: `${settings.configDir}/engine/containerd.toml`,
  seccomp: `${settings.configDir}/engine/seccomp.json`,
  execRoot: `${settings.runDir}/engine`,
  containerdRoot: settings.containerdRoot,
  containerdState: `${settings.runDir}/containerd`,
  containerdSocket: `${settings.runDir}/containerd.sock`,
  enginePid: `${settings.runDir}/engine.pid`,
  dockerdPid: `${settings.runDir}/dockerd.pid`,
  containerdPid: `${settings.runDir}/containerd.pid`,
  engineLog: `${settings.logDir}/engine.log`,
  containerdLog: `${settings.logDir}/containerd.log`,
  before: `${settings.stateDir}/node/before.json`,
});

/** The label by which a running daemon says what it was configured with. */
export const CONFIG_LABEL = 'bastide.config';
/** Enough for the edge's 8,000 connections, and no more than a machine may give that lets nobody raise the limit. */
const NOFILE = 20_000;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * The engine's daemon.json. Containers' users are mapped away from the host's, gain nothing by exec, cannot see
 * each other on a shared bridge, and make only the system calls that the allow-list names.
 */
export function renderDaemon(settings: NodeSettings, seccomp: string): string {
  const paths = pathsOf(settings);
  const config = {
    hosts: [`unix://${settings.engineSocket}`],
    group: 'root',
    containerd: paths.containerdSocket,
    'data-root': settings.engineRoot,
    'exec-root': paths.execRoot,
    pidfile: paths.enginePid,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'cgroup-parent': settings.cgroupParent,
    'storage-driver': 'overlay2',
    'userns-remap': REMAP_USER,
    'no-new-privileges': true,
    'seccomp-profile': paths.seccomp,
    'default-ulimits': {
      nofile: { Name: 'nofile', Soft: NOFILE, Hard: NOFILE },
      core: { Name: 'core', Soft: 0, Hard: 0 },
    },
    bridge: 'none',
    icc: false,
    ip: settings.internalAddress,
    ipv6: false,
    'ip-forward': true,
    iptables: true,
    'userland-proxy': false,
    'default-address-pools': [{ base: BRIDGE_POOL, size: 24 }],
    'live-restore': false,
    'shutdown-timeout': 30,
    'log-driver': 'json-file',
    'log-opts': { 'max-size': '10m', 'max-file': '3' },
  };
  const label = `${CONFIG_LABEL}=${sha256(JSON.stringify([config, seccomp]))}`;
  return `${JSON.stringify({ ...config, labels: [label] }, undefined, 2)}\n`;
}

/** The label that the daemon of this daemon.json carries. */
export const labelOf = (daemon: string): string => {
  const { labels } = JSON.parse(daemon) as { labels: readonly string[] };
  return labels[0] ?? '';
};

/** containerd of our own, so that a system-wide one is neither used nor disturbed. */
export function renderContainerd(settings: NodeSettings): string {
  const paths = pathsOf(settings);
  const unused = [
    'grpc.v1.cri',
    'snapshotter.v1.aufs',
    'snapshotter.v1.btrfs',
    'snapshotter.v1.devmapper',
    'snapshotter.v1.zfs',
  ];
  return [
    'version = 2',
    `root = ${JSON.stringify(paths.containerdRoot)}`,
    `state = ${JSON.stringify(paths.containerdState)}`,
    `disabled_plugins = [${unused.map((plugin) => JSON.stringify(`io.containerd.${plugin}`)).join(', ')}]`,
    '',
    '[grpc]',
    `  address = ${JSON.stringify(paths.containerdSocket)}`,
    '',
    '[plugins."io.containerd.internal.v1.opt"]',
    `  path = ${JSON.stringify(`${paths.containerdRoot}/opt`)}`,
    '',
  ].join('\n');
}

/** Every file of the engine's configuration, by path. */
export function renderFiles(settings: NodeSettings, seccomp: string): Readonly<Record<string, string>> {
  const paths = pathsOf(settings);
  return {
    [paths.seccomp]: seccomp,
    [paths.containerd]: renderContainerd(settings),
    [paths.daemon]: renderDaemon(settings, seccomp),
  };
}
