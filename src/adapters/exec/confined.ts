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

/**
 * PURE. A program in a world of its own: the named paths, libraries and nothing else, not even /proc. A link in a tree of
 * somebody else's that it walks through, or a directory that becomes one, leads nowhere in there. The environment stays.
 * It ends with us.
 */
export const confined = (view: View, argv: readonly string[]): [string, ...string[]] => [
  'bwrap',
  '--die-with-parent',
  ...['--cap-drop', 'ALL', ...view.capabilities.flatMap((one) => ['--cap-add', one])],
  ...['--ro-bind', '/usr/lib', '/usr/lib', '--ro-bind-try', '/usr/lib64', '/usr/lib64'],
  ...['--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64', '--tmpfs', '/tmp'],
  ...view.programs.flatMap((name) => ['--ro-bind', `/usr/bin/${name}`, `/usr/bin/${name}`]),
  ...NAMES.flatMap((file) => ['--ro-bind-try', file, file]),
  ...view.reads.flatMap((path) => ['--ro-bind', path, path]),
  ...view.writes.flatMap((path) => ['--bind', path, path]),
  ...['--chdir', '/', '--', ...argv],
];
