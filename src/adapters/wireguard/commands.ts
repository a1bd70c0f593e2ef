import type { Command } from '../../kernel/command.ts';

const short = { timeoutMs: 20_000 } as const;
/** What fits into a packet of 1500 bytes with WireGuard's own around it, over IPv6 too. */
const MTU = '1420';

export const showLink = (name: string): Command => ({
  argv: ['ip', '-json', '-details', 'address', 'show', 'dev', name],
  ...short,
});
/** Tells the private key too: its output is for parse.ts alone. */
export const showTunnel = (name: string): Command => ({ argv: ['wg', 'show', name, 'dump'], ...short });
export const addLink = (name: string): Command => ({
  argv: ['ip', 'link', 'add', 'dev', name, 'type', 'wireguard'],
  ...short,
});
/** Becomes a daemon by itself; silent, or it would keep our end of its output open. */
export const startUserspace = (name: string): Command => ({
  argv: ['wireguard-go', name],
  env: { LOG_LEVEL: 'silent' },
  ...short,
});
export const setAddress = (name: string, address: string): Command => ({
  argv: ['ip', 'address', 'replace', address, 'dev', name],
  ...short,
});
export const setUp = (name: string): Command => ({
  argv: ['ip', 'link', 'set', 'dev', name, 'mtu', MTU, 'up'],
  ...short,
});
/** Peers that stay keep their sessions. */
export const syncTunnel = (name: string, file: string): Command => ({
  argv: ['wg', 'syncconf', name, file],
  ...short,
});
export const deleteLink = (name: string): Command => ({
  argv: ['ip', 'link', 'delete', 'dev', name],
  ...short,
});
