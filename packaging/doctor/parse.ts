import type { Listener } from './facts.ts';

const LISTEN = '0A';

/** Who listens on which TCP port, from the text of /proc/net/tcp or tcp6. */
export function parseListeners(text: string): Listener[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [, local, , state] = fields;
      if (state !== LISTEN || !local) return [];
      return [{ port: Number.parseInt(local.split(':').at(-1)!, 16), uid: Number(fields[7]) }];
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

/** A Docker Engine that somebody else started, by its argument vector (NUL between the words). */
export function isForeignEngine(cmdline: string): boolean {
  const [program = '', ...words] = cmdline.split('\0');
  return program.split('/').at(-1) === 'dockerd' && !words.some((word) => word.includes('/bastide/'));
}
