import type { Command } from '../../kernel/command.ts';
import { pathsOf } from './daemon/render.ts';
import { type NodeSettings, REMAP_BASE, REMAP_SIZE, REMAP_USER } from './model.ts';

const short = { timeoutMs: 30_000 };
const REMAP_LAST = REMAP_BASE + REMAP_SIZE - 1;

export const addUser: Command = {
  argv: [
    'useradd',
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
    REMAP_USER,
  ],
  ...short,
};

export const addSubordinates = (missing: { subuid: boolean; subgid: boolean }): Command => ({
  argv: [
    'usermod',
    ...(missing.subuid ? ['--add-subuids', `${REMAP_BASE}-${REMAP_LAST}`] : []),
    ...(missing.subgid ? ['--add-subgids', `${REMAP_BASE}-${REMAP_LAST}`] : []),
    REMAP_USER,
  ],
  ...short,
});

export const addAddress = (address: string): Command => ({
  argv: ['ip', 'address', 'replace', `${address}/32`, 'dev', 'lo'],
  ...short,
});
export const deleteAddress = (address: string): Command => ({
  argv: ['ip', 'address', 'delete', `${address}/32`, 'dev', 'lo'],
  ...short,
});
export const listAddresses: Command = { argv: ['ip', '-json', 'address', 'show'], ...short };
export const listRoutes: Command = { argv: ['ip', '-json', '-4', 'route', 'show', 'table', 'all'], ...short };
export const deleteLink = (name: string): Command => ({ argv: ['ip', 'link', 'delete', name], ...short });
export const unmount = (path: string): Command => ({ argv: ['umount', '--lazy', '--', path], ...short });
export const listTables: Command = { argv: ['nft', 'list', 'tables'], ...short };
export const listTable = (table: string): Command => ({
  argv: ['nft', 'list', 'table', ...table.split(' ')],
  ...short,
});
export const deleteTable = (table: string): Command => ({
  argv: ['nft', 'delete', 'table', ...table.split(' ')],
  ...short,
});
/** Owners, modes, times, links and attributes stay: the engine's layers are made of these. */
export const copyTree = (source: string, target: string): Command => ({
  argv: ['cp', '--archive', '--one-file-system', '--', source, target],
  timeoutMs: 6 * 60 * 60_000,
});
/** In bytes, as they lie on the disk. */
export const measureTree = (path: string): Command => ({
  argv: ['du', '--summarize', '--block-size=1', '--one-file-system', '--', path],
  timeoutMs: 30 * 60_000,
});
export const loadModule = (name: string): Command => ({ argv: ['modprobe', '--quiet', name], ...short });

/** Starts a program that outlives us: its own session, its output in a file, its pid in another. */
const daemon = (pidFile: string, log: string, program: string, ...args: string[]): Command => ({
  argv: [
    'start-stop-daemon',
    '--start',
    '--background',
    '--make-pidfile',
    '--pidfile',
    pidFile,
    '--output',
    log,
    '--startas',
    program,
    '--',
    ...args,
  ],
  ...short,
});

export function startContainerd(settings: NodeSettings): Command {
  const paths = pathsOf(settings);
  return daemon(
    paths.containerdPid,
    paths.containerdLog,
    '/usr/bin/containerd',
    '--config',
    paths.containerd,
  );
}

export function startDockerd(settings: NodeSettings): Command {
  const paths = pathsOf(settings);
  return daemon(paths.dockerdPid, paths.engineLog, '/usr/sbin/dockerd', '--config-file', paths.daemon);
}
