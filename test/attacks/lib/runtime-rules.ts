/** What a contained app must see, attempt for attempt; what is not named here has to end with an error of the kernel's. */
export const EXACTLY: Readonly<Record<string, RegExp>> = {
  user: /^not root$/,
  CapInh: /^0+$/,
  CapPrm: /^0+$/,
  CapEff: /^0+$/,
  CapBnd: /^0+$/,
  CapAmb: /^0+$/,
  NoNewPrivs: /^1$/,
  Seccomp: /^2$/,
  'user namespace': /^own$/,
  'root file system': /^ro$/,
  'writable mounts that may run programs': /^none$/,
  'set-uid and set-gid files': /^0$/,
  'files with capabilities': /^0$/,
  'processes of others': /^0$/,
  // The certificate authority of its databases, and nothing of the host's directory of the same name.
  'files in /etc/bastide': /^(none|ca\.pem)$/,
  'create /tmp/x': /^CREATED$/,
  // Its own first process, the engine's init, which is the app's own user.
  'read /proc/1/environ': /^(READ|empty|no:E\w+)$/,
  'processes without end': /^no:EAGAIN after fewer than 1024$/,
};

/** `empty`: a file of the kernel's that is covered. */
const REFUSED = /^(no|empty|no:E[A-Z0-9]+|killed by signal \d+)$/;

export interface Row {
  readonly attempt: string;
  readonly seen: string;
  readonly held: boolean;
}

/** Every attempt and whether it came to nothing. */
export const judge = (seen: Readonly<Record<string, string>>): Row[] =>
  Object.entries(seen).map(([attempt, said]) => ({
    attempt,
    seen: said,
    held: (EXACTLY[attempt] ?? REFUSED).test(said),
  }));

/** The table of the page: what was tried, and what came of it in each of the two places. */
export const runtimeTable = (web: readonly Row[], run: readonly Row[]): string =>
  [
    '| attempt | in the web process | in `bastide run` |',
    '|---|---|---|',
    ...web.map(({ attempt, seen }) => {
      const other = run.find((row) => row.attempt === attempt);
      return `| ${attempt} | ${seen.replace(/^no:/, '')} | ${other?.seen.replace(/^no:/, '')} |`;
    }),
  ].join('\n');
