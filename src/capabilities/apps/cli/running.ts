import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { appOption, type CommandRow, given } from '../../../cli/command.ts';
import { usage } from '../../../cli/errors.ts';
import { appOf, watch } from '../../../cli/io.ts';
import { openSession, wantsSession } from '../../../cli/open-session.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { scaleInvalid, scaleTooMany } from '../errors.ts';
import { MAX_REPLICAS } from '../model.ts';
import { showLastLines } from './releases.ts';

const Replicas = z.object({
  replicas: z.array(
    z.object({
      process: z.string(),
      version: z.int(),
      state: z.string(),
      error: z.string().nullable(),
      since: z.string(),
    }),
  ),
});
const Ran = z.object({ exitCode: z.int().nullable() });

/** What runs: replicas, one-off commands, output. */
export const runningCommands: readonly CommandRow[] = [
  {
    name: 'ps',
    summary: 'What runs of an app',
    options: [appOption],
    examples: ['bastide ps --app shop'],
    uses: ['listReplicas'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const list = await io.api.get(path`/v1/apps/${app}/replicas`, Replicas);
      if (isRefusal(list)) return list;
      io.print.table(list.replicas, {
        process: (replica) => replica.process,
        release: (replica) => `v${replica.version}`,
        state: (replica) => replica.state,
        since: (replica) => replica.since.slice(0, 19).replace('T', ' '),
        error: (replica) => replica.error,
      });
      return undefined;
    },
  },
  {
    name: 'ps:scale',
    summary: 'Set how many replicas each process has',
    args: [{ name: 'formation', description: 'for example web=2 worker=1', rest: true }],
    options: [appOption],
    examples: ['bastide ps:scale web=2 worker=1 --app shop'],
    uses: ['scaleApp'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const formation: Record<string, number> = {};
      for (const word of input.rest) {
        const [, process, replicas] = /^([a-z][a-z0-9-]*)=(\d{1,9})$/.exec(word) ?? [];
        if (!process || !replicas) return scaleInvalid(word);
        if (Number(replicas) > MAX_REPLICAS) return scaleTooMany(word);
        formation[process] = Number(replicas);
      }
      const asked = await io.api.send('PUT', path`/v1/apps/${app}/formation`, formation, Accepted);
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done(done, `${app} runs ${input.rest.join(' ')}.`);
      return undefined;
    },
  },
  {
    name: 'run',
    summary: "Run a command in a container of its own; its exit code is this command's",
    args: [{ name: 'command', description: 'the command and its arguments', rest: true }],
    options: [
      appOption,
      { flags: '--seconds <count>', description: 'how long it may take', default: '3600' },
      { flags: '--no-terminal', description: 'no terminal and no standard input, wherever it is typed' },
      { flags: '--record', description: 'keep what is typed and shown; see recordings' },
    ],
    examples: [
      'bastide run --app shop bash',
      'bastide run --app shop -- python3 manage.py check',
      'bastide run --app shop -- python3 manage.py loaddata - < seed.json',
    ],
    uses: ['runCommand', 'openSession', 'joinSession'],
    passThrough: true,
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const body = { command: input.rest, seconds: Number(given(input, 'seconds') ?? 3600) };
      if (wantsSession(io, input)) {
        const at = path`/v1/apps/${app}/sessions`;
        return openSession(io, at, { ...body, record: input.options.record === true });
      }
      const asked = await io.api.send('POST', path`/v1/apps/${app}/runs`, body, Accepted);
      const lines: string[] = [];
      const done = await watch(io, asked, {
        quiet: true,
        onOutput: ({ source, data }) => {
          if (source === 'exit') return;
          lines.push(data);
          if (!io.print.json) io.print.raw(`${data}\n`, source);
        },
      });
      if (isRefusal(done)) return done;
      const code = Ran.safeParse(done?.result).data?.exitCode ?? 1;
      if (io.print.json) io.print.done({ exitCode: code, output: lines }, '');
      return code;
    },
  },
  {
    name: 'logs',
    summary: 'Output of the app',
    options: [
      appOption,
      { flags: '-t, --tail', description: 'go on as it comes' },
      { flags: '-n, --num <count>', description: 'how many lines of the past', default: '100' },
      { flags: '--process <process>', description: 'only this process' },
      { flags: '--release <version>', description: 'what a release that failed wrote last, for example v7' },
    ],
    examples: [
      'bastide logs --app shop',
      'bastide logs -t --process worker --app shop',
      'bastide logs --release v7 --app shop',
    ],
    uses: ['showLogs', 'getRelease'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const of = given(input, 'release');
      if (of !== undefined) return showLastLines(io, app, of, given(input, 'process'));
      const tail = Number(given(input, 'num') ?? 100);
      if (!Number.isInteger(tail) || tail < 0)
        return usage(`${given(input, 'num')} is no number of lines`, 'Write it as --num 200.');
      const body = {
        process: given(input, 'process') ?? null,
        tail,
        follow: input.options.tail === true,
      };
      const asked = await io.api.send('POST', path`/v1/apps/${app}/logs`, body, Accepted);
      const done = await watch(io, asked, {
        quiet: true,
        // With --json a line is an object of its own, so that a program can follow.
        onOutput: ({ source, data }) =>
          io.print.raw(
            `${io.print.json ? JSON.stringify({ source, line: data }) : `${io.print.colors.cyan(source)} ${data}`}\n`,
            'stdout',
          ),
      });
      return isRefusal(done) ? done : undefined;
    },
  },
];
