import type { Command } from '../../src/kernel/command.ts';
import type { TrialName } from './facts.ts';

const isolated = (...argv: string[]): Command => ({
  argv: ['unshare', '--net', '--', ...argv],
  timeoutMs: 20_000,
});

/** Each kernel part, tried for real in a network namespace that is gone with the command. */
export const trials: Readonly<Record<TrialName, Command>> = {
  nftables: isolated('nft', 'add', 'table', 'inet', 'trial'),
  'iptables nat': isolated('iptables', '-t', 'nat', '-S'),
  bridge: isolated('ip', 'link', 'add', 'trial0', 'type', 'bridge'),
  veth: isolated('ip', 'link', 'add', 'trial0', 'type', 'veth', 'peer', 'name', 'trial1'),
  vxlan: isolated('ip', 'link', 'add', 'trial0', 'type', 'vxlan', 'id', '7', 'dstport', '4789'),
  wireguard: isolated('ip', 'link', 'add', 'trial0', 'type', 'wireguard'),
};

export const installedPackages: Command = {
  argv: ['dpkg-query', '-W', '-f', `\${Package} \${db:Status-Status}\\n`],
  timeoutMs: 20_000,
};

/** Not there: its package is not installed, which says nothing about the kernel. */
export const fscryptTool: Command = { argv: ['xfs_io', '-V'], timeoutMs: 20_000 };
