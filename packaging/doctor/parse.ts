import type { Listener } from './facts.ts';

const LISTEN = '0A';

/** An address of /proc/net/tcp or tcp6: words of four bytes, each with its last byte first. */
export function parseAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const last = bytes.slice(-4).map((byte) => Number.parseInt(byte, 16));
  const isIPv4 =
    bytes.length === 4 || bytes.slice(0, 12).join('').toLowerCase() === '00000000000000000000ffff';
  if (isIPv4) return last.join('.');
  const groups = bytes.join('').match(/.{4}/g) ?? [];
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}

/** Who listens on which TCP port, from the text of /proc/net/tcp or tcp6. */
export function parseListeners(text: string): Listener[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [, local, , state] = fields;
      if (state !== LISTEN || !local) return [];
      const [address = '', port = ''] = local.split(':');
      return [
        {
          address: parseAddress(address),
          port: Number.parseInt(port, 16),
          uid: Number(fields[7]),
          inode: fields[9] ?? '',
        },
      ];
    });
}

/** Enabled controllers: version 2's list, or version 1's table in /proc/cgroups. */
export function parseControllers(v2: string, v1: string): string[] {
  const enabled = v1
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([name, , , on]) => (name && !name.startsWith('#') && on === '1' ? [name] : []));
  return [...new Set([...v2.split(/\s+/).filter(Boolean), ...enabled])];
}

export const parseNameservers = (resolvConf: string): string[] =>
  [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]!);

/** MemTotal of /proc/meminfo in bytes. */
export const parseMemory = (meminfo: string): number =>
  Number(/^MemTotal:\s+(\d+)/m.exec(meminfo)?.[1] ?? 0) * 1024;

/** The first column of /proc/swaps, below its head. */
export const parseSwaps = (swaps: string): string[] =>
  swaps
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(/\s/)[0] || []);

/** A Docker Engine that somebody else started, by its argument vector (NUL between the words). */
export function isForeignEngine(cmdline: string): boolean {
  const [program = '', ...words] = cmdline.split('\0');
  return program.split('/').at(-1) === 'dockerd' && !words.some((word) => word.includes('/bastide/'));
}

/** What the agent left of whether operators come in by the VPN only; undefined where that cannot be read. */
export function parseVpnState(text: string): boolean | undefined {
  try {
    const { on } = (JSON.parse(text) ?? {}) as { on?: unknown };
    return typeof on === 'boolean' ? on : undefined;
  } catch {
    return undefined;
  }
}
