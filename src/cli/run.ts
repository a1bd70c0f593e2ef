import type { Readable } from 'node:stream';
import { isRefusal } from '../kernel/refusal.ts';
import { client } from './client.ts';
import { appOption, type CommandRow } from './command.ts';
import { bashScript, namesOf, offered, wanted } from './complete.ts';
import { type CliConfig, readConfig } from './config.ts';
import { asTyped, guessedApp, noServer } from './errors.ts';
import { exitCodeOf, exitCodes } from './exit.ts';
import type { Io } from './io.ts';
import { type Output, printer } from './print.ts';
import { parseLine } from './program.ts';
import { plainEnd, type TerminalEnd } from './terminal.ts';

/** The outside, as main/cli.ts (or a test) provides it. */
export interface Surroundings {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly configDir: string;
  /** From the environment: they win over the configuration. */
  readonly server: string | undefined;
  readonly token: string | undefined;
  readonly color: boolean;
  readonly stdin: Readable;
  readonly interactive: boolean;
  readonly terminal?: TerminalEnd;
  readonly out: Output;
  readonly err: Output;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly become?: Io['become'];
}

/** These work without a server. */
const OFFLINE = new Set(['login', 'join', 'logout', 'audit:verify', 'vpn:use']);

/** What a shell asks while somebody types: names that the server knows. False: it asks for something else. */
async function completed(rows: readonly CommandRow[], around: Surroundings): Promise<boolean> {
  const [command, second, ...words] = around.argv;
  if (command !== 'complete') return false;
  if (second === 'bash') {
    around.out.write(bashScript);
    return true;
  }
  const name = second === '--' ? wanted(rows, words) : undefined;
  if (!name) return false;
  const config = await readConfig(around.configDir);
  const connection = connectionOf(around, undefined, isRefusal(config) ? undefined : config);
  around.out.write(offered(connection ? await namesOf(client(connection), name.kind, name.begun) : []));
  return true;
}

/** Where to, and with what; undefined where no server is known. A token goes to the server that it was made for and to no other. */
function connectionOf(around: Surroundings, said: string | undefined, config: CliConfig | undefined) {
  const asked = said ?? around.server;
  const server = asked ?? config?.server;
  const own = asked === undefined || asked === config?.server;
  const token = around.token ?? (own ? config?.token : undefined);
  if (server === undefined) return undefined;
  return {
    server,
    ...(token ? { token } : {}),
    ...(config?.ca ? { ca: config.ca } : {}),
    ...(config?.via && server === config.server ? { via: config.via } : {}),
  };
}

/** One command line from its words to its exit code. */
export async function runCli(rows: readonly CommandRow[], around: Surroundings): Promise<number> {
  const { out, err } = around;
  if (await completed(rows, around)) return exitCodes.ok;
  const parsed = parseLine(rows, around.version, around.argv, {
    out: (text) => void out.write(text),
    err: (text) => void err.write(text),
  });
  if (typeof parsed === 'number') return parsed;
  const { row, input } = parsed;
  const print = printer(out, err, { json: input.options.json === true, color: around.color });
  const fail = (refusal: Parameters<typeof print.refusal>[0]): number => {
    print.refusal(refusal);
    return exitCodeOf(refusal);
  };

  const config = await readConfig(around.configDir);
  if (isRefusal(config)) return fail(config);
  const { server: said } = input.options;
  const connection = connectionOf(around, typeof said === 'string' ? said : undefined, config);
  if (!connection && !OFFLINE.has(row.name)) return fail(noServer());
  const reason = typeof input.options.reason === 'string' ? input.options.reason : undefined;
  const outcome = await row.run(
    {
      api: client(connection ?? { server: '' }, reason),
      print,
      config,
      reason,
      cwd: around.cwd,
      configDir: around.configDir,
      stdin: around.stdin,
      interactive: around.interactive,
      terminal: around.terminal ?? plainEnd(out, err),
      signal: around.signal,
      become: around.become ?? (() => {}),
    },
    input,
  );
  if (isRefusal(outcome)) {
    const guessed = row.options?.includes(appOption) && input.options.app === undefined;
    print.refusal(
      guessed && outcome.code === 'app_not_found' ? guessedApp(outcome) : asTyped(outcome, row.name),
    );
    return exitCodeOf(outcome);
  }
  return typeof outcome === 'number' ? outcome : exitCodes.ok;
}
