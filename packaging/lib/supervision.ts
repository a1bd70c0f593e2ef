import type { Command } from '../../src/kernel/command.ts';
import { paths } from '../../src/main/paths.ts';

/** What is supervised: the program, its log and where both live. */
export interface Supervised {
  readonly node: string;
  readonly root: string;
}

const LOG = `${paths.log}/agent`;
export const AGENT_SERVICE = `${paths.services}/agent`;
export const RUNSVDIR_PID = `${paths.run}/runsvdir.pid`;
export const UNIT = '/etc/systemd/system/bastide-agent.service';

/** A word for a POSIX shell script, whatever is in it. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** runit's files of the agent, by path: the program in a clean environment, its log beside it. */
export const runitFiles = ({ node, root }: Supervised): Readonly<Record<string, string>> => ({
  [`${AGENT_SERVICE}/run`]: [
    '#!/bin/sh',
    'exec 2>&1',
    // The engine inherits it, and a container's own root has to read the cgroups that the engine makes.
    'umask 022',
    `exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production ${quoted(node)} ${quoted(`${root}/dist/agent.js`)}`,
    '',
  ].join('\n'),
  // Ten files of one megabyte; svlogd rotates them itself.
  [`${LOG}/config`]: 's1000000\nn10\n',
  [`${AGENT_SERVICE}/log/run`]: `#!/bin/sh\nexec svlogd -tt ${LOG}\n`,
});

export const renderUnit = (template: string, { node, root }: Supervised): string =>
  template.replaceAll('@NODE@', node).replaceAll('@ROOT@', root);

/** start-stop-daemon detaches it from the terminal and keeps its process id; runsvdir starts what it finds. */
export const startRunsvdir: Command = {
  argv: [
    ...(['start-stop-daemon', '--start', '--oknodo', '--background', '--make-pidfile'] as const),
    ...['--pidfile', RUNSVDIR_PID, '--exec', '/usr/bin/runsvdir', '--', '-P', paths.services],
  ],
};

/** SIGHUP: it ends its supervisors, which end their programs. It is found by its own process id only. */
export const stopRunsvdir: Command = {
  argv: [
    'start-stop-daemon',
    '--stop',
    '--oknodo',
    '--signal',
    'HUP',
    '--pidfile',
    RUNSVDIR_PID,
    '--exec',
    '/usr/bin/runsvdir',
  ],
};

const sv = (verb: string, seconds: number): Command => ({
  argv: ['sv', '-w', String(seconds), verb, AGENT_SERVICE],
  timeoutMs: (seconds + 30) * 1000,
});
export const runit = {
  up: sv('start', 15),
  restart: sv('force-restart', 60),
  down: sv('force-stop', 60),
  status: sv('status', 5),
} as const;

const systemctl = (...words: string[]): Command => ({ argv: ['systemctl', ...words], timeoutMs: 120_000 });
export const systemd = {
  reload: systemctl('daemon-reload'),
  up: systemctl('enable', '--now', 'bastide-agent.service'),
  restart: systemctl('restart', 'bastide-agent.service'),
  down: systemctl('disable', '--now', 'bastide-agent.service'),
} as const;
