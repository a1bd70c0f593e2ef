import { PassThrough, type Readable, type Writable } from 'node:stream';
import { z } from 'zod';
import type { Piper, Runner } from '../../../adapters/exec/port.ts';
import { type Client, path } from '../../../cli/client.ts';
import type { Printer } from '../../../cli/print.ts';
import { follow } from '../../../cli/progress.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { Secret } from '../../../kernel/secret.ts';
import { pushRefused } from '../errors.ts';
import { archive, makeRepository, receivePack } from './commands.ts';
import { readPushed } from './parse.ts';

const Live = z.object({ url: z.string(), release: z.int().nullable() });

type Env = Readonly<Record<string, string | Secret>>;

export interface PushParts {
  readonly run: Runner & Piper;
  /** An empty directory that is taken away afterwards. */
  readonly directory: string;
  /** Where the hook is. */
  readonly hooks: string;
  /** What the hook is given. */
  readonly env: Env;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

/** Lets git take a push into a repository of its own. The hook deploys; its refusal refuses the push. */
export async function takePush(parts: PushParts): Promise<Outcome<number>> {
  const { run, directory, stdin, stdout, stderr, signal } = parts;
  const made = await run.run(makeRepository(directory));
  if (isRefusal(made)) return made;
  if (made.code !== 0) return pushRefused('There is no room for a push now');
  const ran = await run.pipe(receivePack(directory, parts.hooks, parts.env), {
    stdout,
    signal,
    onLine: (line, source) => {
      if (source === 'stderr') stderr.write(`${line}\n`);
    },
    async write(to, ended) {
      // The client's end of input is the program's; a program that has ended reads no more.
      const over = () => stdin.destroy();
      ended.addEventListener('abort', over);
      try {
        for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
          if (ended.aborted) break;
          if (!to.write(chunk))
            await new Promise((resolve) => to.once('drain', resolve).once('close', resolve));
        }
      } catch (error) {
        // A client keeps its end open until the program has answered.
        if (!ended.aborted) throw error;
      } finally {
        ended.removeEventListener('abort', over);
      }
    },
  });
  return isRefusal(ran) ? ran : ran.code;
}

export interface DeployParts {
  readonly run: Piper;
  readonly api: Client;
  readonly print: Printer;
  readonly app: string;
  /** Where git started the hook. */
  readonly repository: string;
  /** What git told the hook: old, new, ref. */
  readonly told: string;
  /** What git set for its hook, so that objects on trial are found. */
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** The hook: deploys what is being pushed, and shows how it goes. */
export async function deployPushed({
  run,
  api,
  print,
  app,
  repository,
  told,
  env,
  signal,
}: DeployParts): Promise<Outcome<void>> {
  const pushed = readPushed(told);
  if (!pushed) return pushRefused('Only one branch is deployed: main (or master)');
  const packed = new PassThrough();
  const [ran, sent] = await Promise.all([
    run.pipe(archive(pushed.commit, repository, env), { stdout: packed, signal }).finally(() => packed.end()),
    api.upload(path`/v1/apps/${app}/sources`, 'application/gzip', packed, z.object({ upload: z.string() })),
  ]);
  if (isRefusal(ran)) return ran;
  if (ran.code !== 0) return pushRefused('git could not pack the commit');
  if (isRefusal(sent)) return sent;
  const description = `git push of ${pushed.commit.slice(0, 12)}`;
  const source = { kind: 'upload', upload: sent.upload, description };
  const asked = await api.send('POST', path`/v1/apps/${app}/deploys`, { source, description }, Accepted);
  if (isRefusal(asked)) return asked;
  print.line(`operation ${asked.operationId}`);
  const done = await follow(api, print, asked.operationId, signal);
  if (isRefusal(done)) return done;
  // What is live is said where it can be asked; the push is done either way.
  const seen = await api.get(path`/v1/apps/${app}`, Live);
  if (!isRefusal(seen)) print.line(`${app} runs v${seen.release} at ${seen.url}`);
  return undefined;
}
