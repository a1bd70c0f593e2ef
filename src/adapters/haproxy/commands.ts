import type { Command } from '../../kernel/command.ts';
import { configFile } from './render/names.ts';
import type { EdgeSettings } from './settings.ts';

/**
 * The load balancer's command line, the same in a container or without one: a master that keeps a worker and
 * replaces it on `reload` (its own socket), handing over the listening sockets. Stays in the foreground.
 */
export const edgeArgv = (settings: EdgeSettings): readonly [string, ...string[]] => [
  'haproxy',
  '-W',
  '-db',
  '-S',
  `${settings.sockets.master},mode,600`,
  '-f',
  configFile(settings.files),
];

/** Would HAProxy take this file? */
export const checkArgv = (file: string): readonly [string, ...string[]] => [
  'haproxy',
  '-c',
  '-q',
  '-f',
  file,
];

export const checkCommand = (file: string): Command => ({ argv: checkArgv(file), timeoutMs: 60_000 });
