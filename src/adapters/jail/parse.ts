/** IPv4 resolvers of a resolv.conf that a jail can reach: loopback ones are this host's alone. */
export const parseResolvers = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => /^nameserver\s+(\d{1,3}(?:\.\d{1,3}){3})\s*$/.exec(line.trim())?.[1])
    .filter((address) => address !== undefined)
    .filter((address) => !address.startsWith('127.'));

/** A counter from `name value` lines, as cgroup event files have them. */
export const parseCounter = (text: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);

/** Mount points at or beneath a directory, innermost first, from /proc/self/mountinfo. */
export const parseMountsBeneath = (mountinfo: string, dir: string): string[] =>
  mountinfo
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replaceAll(/\\([0-7]{3})/g, (_, o) =>
        String.fromCharCode(Number.parseInt(o, 8)),
      ),
    )
    .filter((path) => path === dir || path.startsWith(`${dir}/`))
    .reverse();

/** The hard limit of open files, from /proc/self/limits. */
export const parseOpenFiles = (limits: string): number =>
  Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
