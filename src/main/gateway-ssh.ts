import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runner } from '../adapters/exec/run.ts';
import { serve } from '../capabilities/ssh/gate/gate.ts';
import { oneOff } from '../capabilities/ssh/gate/oneoff.ts';
import { readCredential } from '../capabilities/ssh/gate/parse.ts';
import { deployPushed, takePush } from '../capabilities/ssh/gate/push.ts';
import { client } from '../cli/client.ts';
import { printer } from '../cli/print.ts';
import { processEnd } from '../cli/terminal.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { Secret } from '../kernel/secret.ts';
import { paths } from './paths.ts';

/**
 * What answers a login at the SSH gateway instead of a shell, and git's hook there. Unprivileged, in a container; it
 * is a client of the API, as whoever logged in, and nothing more.
 */
const { env, stdin, stdout, stderr } = process;
/** As the container has them; the hook lies beside the program that sshd starts. */
const files = '/run/ssh';
const program = process.argv[1] ?? '';
const hooks = join(dirname(program), 'hooks');
const socket = env.BASTIDE_API_SOCKET ?? join(paths.apiSocketDir, 'api.sock');
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
for (const stream of [stdout, stderr]) stream.on('error', () => process.exit(255));

const print = printer(stdout, stderr, { json: false, color: false });
/** Who comes, as sshd sees it. */
const from = (env.SSH_CONNECTION ?? env.BASTIDE_SSH_FROM ?? '').split(' ')[0] ?? '';
const api = (token?: string) =>
  client({ server: `unix:${socket}`, forwardedFor: from, ...(token ? { token } : {}) });

/** Variables of git's hook, by which it finds objects that are on trial. */
const ofGit = () =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (/^GIT_/.test(name) && value ? [[name, value]] : [])),
  );

async function hook(): Promise<number> {
  const done = await deployPushed({
    run: runner,
    api: api(env.BASTIDE_SSH_TOKEN),
    print,
    app: env.BASTIDE_SSH_APP ?? '',
    repository: process.cwd(),
    told: await text(stdin),
    env: ofGit(),
    signal: stop.signal,
  });
  if (!isRefusal(done)) return 0;
  print.refusal(done);
  return 1;
}

function login(): Promise<number> {
  const app = env.USER ?? '';
  return serve({
    api,
    login: {
      app,
      command: env.SSH_ORIGINAL_COMMAND ?? '',
      gateway: readFileSync(join(files, 'gateway.token'), 'utf8'),
      credential: readCredential(readFileSync(env.SSH_USER_AUTH ?? '', 'utf8')),
    },
    gone: stop.signal,
    say: (line) => void stderr.write(`${line}\n`),
    async push(_api, token, signal) {
      const directory = mkdtempSync(join(tmpdir(), 'push-'));
      try {
        return await takePush({
          run: runner,
          directory,
          hooks,
          env: {
            BASTIDE_SSH_TOKEN: new Secret(token),
            BASTIDE_SSH_APP: app,
            BASTIDE_SSH_FROM: from,
            BASTIDE_API_SOCKET: socket,
          },
          stdin,
          stdout,
          stderr,
          signal,
        });
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    oneOff: (mine, command, signal) =>
      oneOff(
        {
          api: mine,
          print,
          stdin,
          interactive: stdin.isTTY === true && stdout.isTTY === true,
          // Without a terminal what the client sends is the command's standard input.
          terminal: { ...processEnd(stdin, stdout, stderr, env.TERM), piped: !stdin.isTTY },
          signal,
        },
        app,
        command,
      ),
  });
}

const code = await (basename(program) === 'pre-receive' ? hook() : login()).catch((error: Error) => {
  stderr.write(`bastide: ${error.message}\n`);
  return 255;
});
process.exit(code);
