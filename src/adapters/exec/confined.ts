/** What of the machine a confined program sees, besides itself and the libraries. */
export interface View {
  /** Programs of /usr/bin that it starts: itself, and whatever runs it. */
  readonly programs: readonly string[];
  /** Paths that are there for reading, at their own place. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** What root may beyond being a user, such as `CAP_CHOWN`. */
  readonly capabilities: readonly string[];
}

/** To find a server by its name. */
const NAMES = ['/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf'];

/** Every directory on the way to the paths, the outer ones first. */
function waysTo(paths: readonly string[]): string[] {
  const ways = paths.flatMap((path) => {
    const parts = path.split('/').slice(1, -1);
    return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
  });
  return [...new Set(ways)].sort();
}

/**
 * PURE. A program in a world of its own: the named paths, libraries and nothing else, not even /proc. A link in a tree of
 * somebody else's that it walks through, or a directory that becomes one, leads nowhere in there. The environment stays.
 * It ends with us.
 */
export const confined = (view: View, argv: readonly string[]): [string, ...string[]] => [
  'bwrap',
  '--die-with-parent',
  ...['--cap-drop', 'ALL', ...view.capabilities.flatMap((one) => ['--cap-add', one])],
  ...['--tmpfs', '/tmp'],
  // What leads there would be root's alone: a program that becomes another user has to get through.
  ...waysTo([...view.programs.map((name) => `/usr/bin/${name}`), ...view.reads, ...view.writes]).flatMap(
    (path) => ['--perms', '0755', '--dir', path],
  ),
  ...['--ro-bind', '/usr/lib', '/usr/lib', '--ro-bind-try', '/usr/lib64', '/usr/lib64'],
  ...['--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
  ...view.programs.flatMap((name) => ['--ro-bind', `/usr/bin/${name}`, `/usr/bin/${name}`]),
  ...NAMES.flatMap((file) => ['--ro-bind-try', file, file]),
  ...view.reads.flatMap((path) => ['--ro-bind', path, path]),
  ...view.writes.flatMap((path) => ['--bind', path, path]),
  ...['--chdir', '/', '--', ...argv],
];
