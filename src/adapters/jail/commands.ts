import type { Command } from '../../kernel/command.ts';
import type { Slot } from './layout.ts';
import type { JailCommand } from './port.ts';

/** Makes an ext4 file system in a file of the right length; its top belongs to the jail's root. */
export const makeVolume = (file: string, slot: Slot): Command => ({
  argv: [
    'mkfs.ext4',
    '-q',
    '-F',
    '-m',
    '0',
    '-E',
    `lazy_itable_init=1,root_owner=${slot.base}:${slot.base}`,
    file,
  ],
});
export const mountVolume = (file: string, dir: string): Command => ({
  argv: ['mount', '-t', 'ext4', '-o', 'loop,nodev,nosuid,noatime', '--', file, dir],
});
/** Read-only for the whole machine, also for root: the loop device itself refuses to write. */
export const mountSealed = (file: string, dir: string): Command => ({
  argv: ['mount', '-t', 'ext4', '-o', 'loop,ro,noload,nodev,nosuid,noatime', '--', file, dir],
});
export const bind = (from: string, to: string): Command => ({ argv: ['mount', '--bind', '--', from, to] });
export const unmount = (dir: string): Command => ({ argv: ['umount', '--lazy', '--', dir] });

/**
 * The network namespace belongs to the host's user namespace and not to the jail's, so root inside cannot
 * change its addresses, routes or rules.
 */
export const makeNetwork = (slot: Slot): Command[] => [
  { argv: ['ip', 'netns', 'add', slot.netns] },
  { argv: ['ip', 'link', 'add', slot.veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', slot.netns] },
  { argv: ['ip', 'address', 'add', `${slot.hostAddress}/30`, 'dev', slot.veth] },
  { argv: ['ip', 'link', 'set', slot.veth, 'up'] },
  { argv: ['ip', '-n', slot.netns, 'link', 'set', 'lo', 'up'] },
  { argv: ['ip', '-n', slot.netns, 'address', 'add', `${slot.address}/30`, 'dev', 'eth0'] },
  { argv: ['ip', '-n', slot.netns, 'link', 'set', 'eth0', 'up'] },
  { argv: ['ip', '-n', slot.netns, 'route', 'add', 'default', 'via', slot.hostAddress] },
];
export const applyNft = (rules: string): Command => ({ argv: ['nft', '-f', '-'], stdin: rules });
export const applyIptables = (rules: string): Command => ({
  argv: ['iptables-restore', '--wait', '10', '--noflush'],
  stdin: rules,
});

/** What takes a slot's network away. Each may fail: it may not be there. */
export const dropNetwork = (slot: Slot): Command[] => [
  { argv: ['ip', 'link', 'delete', slot.veth] },
  { argv: ['ip', 'netns', 'delete', slot.netns] },
  { argv: ['nft', 'delete', 'table', 'inet', slot.table] },
  { argv: ['iptables', '--wait', '10', '-D', 'INPUT', '-i', slot.veth, '-j', 'DROP'] },
  { argv: ['iptables', '--wait', '10', '-D', 'FORWARD', '-i', slot.veth, '-j', slot.chain] },
  { argv: ['iptables', '--wait', '10', '-D', 'FORWARD', '-o', slot.veth, '-j', slot.chain] },
  { argv: ['iptables', '--wait', '10', '-F', slot.chain] },
  { argv: ['iptables', '--wait', '10', '-X', slot.chain] },
];

/** Runs the launcher, which joins the cgroups and then becomes the program. */
const launched = (
  launcher: Launcher,
  procs: readonly string[],
  argv: readonly string[],
): [string, ...string[]] => [
  launcher.node,
  '--disable-warning=ExperimentalWarning',
  launcher.file,
  ...procs,
  '--',
  ...argv,
];

export interface Launcher {
  readonly node: string;
  readonly file: string;
}

/** Holds the user namespace open for as long as the jail lasts. */
export const holder = (
  launcher: Launcher,
  procs: readonly string[],
  slot: Slot,
  seconds: number,
): Command => ({
  argv: launched(launcher, procs, [
    '/usr/bin/setpriv',
    '--reuid',
    String(slot.owner),
    '--regid',
    String(slot.owner),
    '--clear-groups',
    '--no-new-privs',
    '--',
    'unshare',
    '--user',
    '--',
    'sleep',
    String(seconds),
  ]),
  timeoutMs: (seconds + 60) * 1000,
});

/** Written with the namespace's own root: nothing inside can make a user namespace of its own. */
export const forbidUserNamespaces = (holderPid: number): Command => ({
  argv: [
    'nsenter',
    `--user=/proc/${holderPid}/ns/user`,
    '--setuid',
    '0',
    '--setgid',
    '0',
    '--',
    'tee',
    '/proc/sys/user/max_user_namespaces',
  ],
  stdin: '0',
});

export interface Inside {
  readonly slot: Slot;
  readonly holderPid: number;
  readonly launcher: Launcher;
  readonly procs: readonly string[];
  /** Places inside to directories on the host. */
  readonly readOnly: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** Open files of one process, at most this node's own limit. */
  readonly openFiles: number;
}

/**
 * One command inside: limits joined first, then the namespaces, then bubblewrap's view of the files. The cgroup and
 * kernel directories of /sys are covered; the environment is the command's own, also in /proc/1/environ.
 */
export const inside = (jail: Inside, command: JailCommand): Command => {
  const at = jail.slot.dir;
  const env: Record<string, string> = {
    HOME: '/root',
    PATH: '/usr/sbin:/usr/bin',
    TMPDIR: '/var/tmp',
    XDG_RUNTIME_DIR: '/run',
    LANG: 'C.UTF-8',
    ...command.env,
  };
  return {
    argv: launched(jail.launcher, jail.procs, [
      '/usr/bin/prlimit',
      '--core=0',
      `--nofile=${jail.openFiles}`,
      '--',
      'nsenter',
      `--user=/proc/${jail.holderPid}/ns/user`,
      `--net=/run/netns/${jail.slot.netns}`,
      '--setuid',
      '0',
      '--setgid',
      '0',
      '--',
      'bwrap',
      '--unshare-pid',
      '--unshare-ipc',
      '--unshare-uts',
      '--hostname',
      'build',
      '--die-with-parent',
      '--new-session',
      '--clearenv',
      ...['--ro-bind', `${at}/rootfs/usr`, '/usr'],
      ...['--symlink', 'usr/bin', '/bin', '--symlink', 'usr/sbin', '/sbin'],
      ...['--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
      ...['--ro-bind', `${at}/etc`, '/etc', '--ro-bind', `${at}/jail`, '/jail'],
      ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/run', '--tmpfs', '/var'],
      ...['--bind', `${at}/volume/tmp`, '/var/tmp', '--bind', `${at}/volume/tmp`, '/tmp'],
      ...['--ro-bind', '/sys', '/sys', '--tmpfs', '/sys/fs/cgroup'],
      ...['--tmpfs', '/sys/firmware', '--remount-ro', '/sys/firmware'],
      ...['--tmpfs', '/sys/kernel', '--remount-ro', '/sys/kernel'],
      ...['--bind', `${at}/volume/storage`, '/storage', '--bind', `${at}/volume/out`, '/out'],
      ...Object.entries(jail.readOnly).flatMap(([place, from]) => ['--ro-bind', from, place]),
      ...['--dir', '/root', '--chdir', command.cwd ?? '/root'],
      ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
      '--',
      ...command.argv,
    ]),
    timeoutMs: (jail.seconds + 30) * 1000,
  };
};
