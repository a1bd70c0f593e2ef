import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BastideHost, startBastide } from '../../lab/bastide-host.ts';
import type { LabHost, LabProcess, Ran } from '../../lab/host.ts';
import { createLab, joinLab, type Lab, type LabHandle } from '../../lab/lab.ts';
import { type LoadPlan, type LoadResult, ONLY_GET } from './load-model.ts';

const root = join(import.meta.dirname, '../../..');
const CA = '/run/lab/platform-ca.pem';
export const DOMAIN = 'apps.test';
/** Names that stories give to apps or ask for, beside those below the domain. */
export const NAMES = {
  'shop.example.org': '203.0.113.1',
  'git.test': '198.51.100.10',
  'mail.test': '203.0.113.62',
};
/** The server that a story sends letters by. */
export const MAIL = {
  ...{ host: 'mail.test', from: 'bastide@apps.test', user: 'bastide' },
  ...{ passwordFile: '/etc/bastide/mail-password', caFile: '/etc/bastide/mail-ca.pem' },
};

/** A platform in a lab, and a person far away who is signed in to it. */
export interface Platform extends AsyncDisposable {
  readonly lab: Lab;
  readonly node: BastideHost;
  /** Where the person sits: the internet's side, not the platform's. */
  readonly desk: LabHost;
  /** The real command line, over HTTPS. `--json` where the answer is read. */
  bastide(...args: string[]): Promise<Ran>;
  /** One that has to succeed; what it printed. */
  ok(...args: string[]): Promise<string>;
  /** One whose `--json` answer is read. */
  json<T>(...args: string[]): Promise<T>;
  /** Starts one and leaves it running. */
  begin(...args: string[]): LabProcess;
  /** Makes the app, in the project `stories` unless told. */
  app(name: string, project?: string): Promise<void>;
  /** Writes an app's directory at the desk; answers its path. */
  source(name: string, files: Readonly<Record<string, string>>): string;
  /** Status and body of a page, through the edge, with the platform's authority. */
  get(url: string, ...options: string[]): Promise<{ status: number; body: string }>;
  /** Starts load from the attacker's host; `end()` gives the count. */
  load(app: string, plan?: Partial<LoadPlan>): Promise<Load>;
  /** Sends a request to the API with the person's token, for what the command line refuses to send. */
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
}

export interface Load {
  end(): Promise<LoadResult>;
}

async function signIn(node: BastideHost, desk: LabHost): Promise<{ env: Record<string, string> }> {
  desk.writeFile(CA, node.certificateAuthority());
  const token = await mintToken(node);
  const env = { XDG_CONFIG_HOME: '/run/lab/config' };
  const login = ['login', '--server', `https://bastide.${node.domain}`, '--ca', CA, '--token', '-'];
  await desk.must([process.execPath, cli, ...login, '--account', 'person'], { env, stdin: token });
  return { env };
}
const cli = join(root, 'src/main/cli.ts');

/** The one-time token that `npm start` prints. */
export async function mintToken(node: BastideHost): Promise<string> {
  const mint = `import(${JSON.stringify(join(root, 'packaging/lib/first-use.ts'))}).then(async (m) => console.log((await m.mintToken()).reveal()))`;
  return (await node.host.must([process.execPath, '--eval', mint])).trim();
}

/** The lab of this run, or the one that keep.ts keeps. */
export async function labOf(): Promise<Lab> {
  const kept = process.env.BASTIDE_LAB_KEPT;
  if (kept && existsSync(kept)) return joinLab(JSON.parse(readFileSync(kept, 'utf8')) as LabHandle);
  const lab = await createLab({ hosts: ['n1'] });
  await lab.dns.set(NAMES);
  return lab;
}

/**
 * Brings a platform up and signs a person in: in the given lab, which has a host `n1`, or with BASTIDE_LAB_KEPT in the
 * one that keep.ts keeps.
 */
export async function openPlatform({
  lab: given,
  ...options
}: {
  readonly controls?: boolean;
  readonly mail?: typeof MAIL;
  readonly lab?: Lab;
} = {}): Promise<Platform> {
  const lab = given ?? (await labOf());
  try {
    const node = await startBastide(lab, 'n1', { domain: DOMAIN, timeoutMs: 900_000, ...options });
    return await platformOf(lab, node);
  } catch (error) {
    await lab.close();
    throw error;
  }
}

async function platformOf(lab: Lab, node: BastideHost): Promise<Platform> {
  const desk = lab.wan;
  const { env } = await signIn(node, desk);
  const { token } = JSON.parse(desk.readFile('/run/lab/config/bastide/config.json')) as { token: string };
  const begin = (...args: string[]) => desk.spawn([process.execPath, cli, ...args], { env });
  const bastide = (...args: string[]) => desk.exec([process.execPath, cli, ...args], { env });
  const ok = async (...args: string[]): Promise<string> => {
    const ran = await bastide(...args);
    if (ran.code === 0) return ran.stdout;
    throw new Error(`bastide ${args.join(' ')} ended with ${ran.code}\n${ran.stdout}${ran.stderr}`);
  };
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await ok(...args, '--json')) as T;
  const projects = new Set((await json<{ name: string }[]>('projects')).map(({ name }) => name));
  const known = await json<{ name: string }[]>('organizations');
  if (!known.some(({ name }) => name === 'tellers')) await ok('organizations:create', 'tellers');
  // Only in a lab that is kept: what an earlier run left.
  for (const { name } of await json<{ name: string }[]>('apps'))
    await ok('apps:destroy', '--app', name, '--confirm', name);

  return {
    lab,
    node,
    desk,
    begin,
    bastide,
    ok,
    json,
    async app(name, project = 'stories') {
      if (!projects.has(project)) await ok('projects:create', project);
      projects.add(project);
      await ok('apps:create', name, '--project', project);
    },
    source(name, files) {
      const dir = `/run/lab/source/${name}-${Math.random().toString(36).slice(2, 8)}`;
      for (const [file, text] of Object.entries(files)) desk.writeFile(join(dir, file), text);
      return dir;
    },
    async get(url, ...options) {
      const ran = await node.curl(url, ['--write-out', '\n%{http_code}', ...options]);
      const end = ran.stdout.lastIndexOf('\n');
      return { status: Number(ran.stdout.slice(end + 1)), body: ran.stdout.slice(0, Math.max(0, end)) };
    },
    async load(app, plan = {}) {
      lab.attacker.writeFile(CA, node.certificateAuthority());
      const whole = { host: `${app}.${DOMAIN}`, ca: CA, kinds: ONLY_GET, ...plan };
      const script = join(import.meta.dirname, 'load.ts');
      const running = lab.attacker.spawn([process.execPath, script, JSON.stringify(whole)]);
      // It has started and the first requests are under way.
      await sleep(1500);
      return {
        async end() {
          running.child.stdin.end();
          if ((await running.exited) !== 0) throw new Error(running.stderr);
          return JSON.parse(running.stdout) as LoadResult;
        },
      };
    },
    api: (method, path, body) => node.api(method, path, body, token),
    [Symbol.asyncDispose]: () => lab.close(),
  };
}
