import { z } from 'zod';

const Routes = z.array(
  z.object({
    dst: z.string(),
    dev: z.string().optional(),
    type: z.string().optional(),
    table: z.union([z.string(), z.number()]).optional(),
  }),
);
const OURS = /^(lo|docker0|docker_gwbridge|bst-.*|bbuild.*|veth.*)$/;

/** The machine's own routes from `ip -json route show table all`: neither local ones nor those of bridges of ours. */
export const parseRoutes = (json: string): { destination: string; device: string }[] =>
  Routes.parse(JSON.parse(json || '[]')).flatMap(({ dst, dev, type, table }) =>
    dev === undefined ||
    OURS.test(dev) ||
    dst === 'default' ||
    (type ?? 'unicast') !== 'unicast' ||
    table === 'local'
      ? []
      : [{ destination: dst, device: dev }],
  );

/** The device of the default route, whose largest packet ours must not exceed. */
export const parseUplink = (json: string): string | undefined =>
  Routes.parse(JSON.parse(json || '[]')).find(({ dst, dev }) => dst === 'default' && dev !== undefined)?.dev;

const Links = z.array(
  z.object({
    ifname: z.string(),
    mtu: z.number().optional(),
    addr_info: z.array(z.object({ local: z.string().optional() })).default([]),
  }),
);

export const parseLinks = (json: string): { name: string; mtu: number | undefined; addresses: string[] }[] =>
  Links.parse(JSON.parse(json || '[]')).map(({ ifname, mtu, addr_info }) => ({
    name: ifname,
    mtu,
    addresses: addr_info.flatMap(({ local }) => local ?? []),
  }));

/** Whether /etc/subuid or /etc/subgid gives the user this range; the first range of a user is what the engine takes. */
export const hasRange = (text: string, user: string, base: number, size: number): boolean =>
  text.split('\n').find((line) => line.startsWith(`${user}:`)) === `${user}:${base}:${size}`;

export const hasUser = (passwd: string, user: string): boolean =>
  passwd.split('\n').some((line) => line.startsWith(`${user}:`));

/** Mount points at or below a directory, deepest first, from /proc/self/mountinfo. */
export const mountsBelow = (mountinfo: string, directories: readonly string[]): string[] =>
  mountinfo
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))),
    )
    .filter((path) => directories.some((directory) => path === directory || path.startsWith(`${directory}/`)))
    .sort((a, b) => b.length - a.length);

/** `table ip nat` lines of `nft list tables`. */
export const parseTables = (text: string): string[] =>
  text.split('\n').flatMap((line) => /^table (\S+ \S+)/.exec(line.trim())?.[1] ?? []);

/** A table that filters nothing: every chain only has its header. */
export const isEmptyTable = (text: string): boolean =>
  text
    .split('\n')
    .map((line) => line.trim())
    .every((line) => /^(#.*|table \S+ \S+ \{|chain \S+ \{|\}|type \S+ hook .*policy accept;|)$/.test(line));
