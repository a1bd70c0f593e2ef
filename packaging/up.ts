// npm start: looks at the machine, builds, starts the agent, follows it until everything is up, deploys the example.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runner } from '../src/adapters/exec/run.ts';
import { makePki } from '../src/adapters/pki/directory.ts';
import {
  parseSettings,
  platformHost,
  renderSettings,
  type Settings,
} from '../src/capabilities/nodes/system/settings.ts';
import { isRefusal, type Outcome } from '../src/kernel/refusal.ts';
import { paths } from '../src/main/paths.ts';
import type { MachineFacts } from './doctor/facts.ts';
import { judge } from './doctor/judge.ts';
import { closedPorts, keepOpen, listOf } from './doctor/judge-neighbours.ts';
import { observe } from './doctor/observe.ts';
import { printJudgements } from './doctor/print.ts';
import { buildAll, dist, isBuilt, root } from './lib/build.ts';
import { farewell } from './lib/farewell.ts';
import { ensureExample, mintToken, signIn } from './lib/first-use.ts';
import { follow } from './lib/follow.ts';
import { changedSettings, parseUp, type UpOptions } from './lib/options.ts';
import { failed, giveUp } from './lib/outcome.ts';
import { makeProgress } from './lib/progress.ts';
import { startAgent } from './lib/supervise.ts';
import { ensureLocalVault } from './vault/local.ts';

const EXAMPLE = 'hello';
const CA_FILE = join(paths.config, 'ca.crt');
const json = process.argv.includes('--json');
const progress = makeProgress(process.stdout, json);

async function must<T>(outcome: Outcome<T> | Promise<Outcome<T>>): Promise<T> {
  const value = await outcome;
  if (isRefusal(value)) throw value;
  return value;
}

/** Nobody is cut off from a machine of theirs without having said so. */
function refuseToCutOff({ listeners, platform }: MachineFacts, options: UpOptions): void {
  if (platform.agentRunning || options.closeOtherPorts) return;
  const operatorPorts = options.operatorPorts ?? platform.operatorPorts;
  const closed = closedPorts(listeners, operatorPorts);
  if (closed.length === 0) return;
  throw failed(
    'machine_ports_closed',
    `The firewall would close ports that are open to the outside now: ${listOf(closed)}`,
    `Keep them open with ${keepOpen(closed, operatorPorts)}, or close them with npm start -- --close-other-ports`,
  );
}

async function preflight(options: UpOptions, tell: (words: string) => void): Promise<void> {
  const facts = await observe();
  const judgements = judge(facts);
  const wrong = judgements.filter(({ level, id }) => level === 'fail' && id !== 'agent');
  const warnings = judgements.filter(({ level }) => level === 'warn').length;
  if (warnings > 0) tell(`fit, with ${warnings} remarks: npm run doctor`);
  if (wrong.length === 0) return refuseToCutOff(facts, options);
  progress.line(`\n${printJudgements(wrong)}\n`);
  throw failed(
    'machine_unfit',
    wrong.map(({ found }) => found).join('; '),
    'Do what stands above, then npm start.',
  );
}

/** The settings that the running agent was started with; gone with it. */
const RUNNING_WITH = `${paths.run}/settings.json`;

/** Settings as they are in the file, with what was said on the command line. */
async function settle(options: UpOptions): Promise<Settings> {
  const text = await readFile(paths.settings, 'utf8').catch(() => undefined);
  const now = text === undefined ? undefined : await must(parseSettings(text));
  const next = changedSettings(now, options);
  const settings = await must(parseSettings(JSON.stringify(next ?? now)));
  if (next) {
    await mkdir(paths.config, { recursive: true });
    await writeFile(paths.settings, renderSettings(settings), { mode: 0o644 });
  }
  return settings;
}

/** /usr/local/bin/bastide; somebody else's program of that name is left alone. */
async function installCommand(tell: (words: string) => void): Promise<void> {
  const link = '/usr/local/bin/bastide';
  const target = join(root, 'packaging/bin/bastide');
  const now = await readFile(link, 'utf8').catch(() => undefined);
  const ours = await readFile(target, 'utf8');
  if (now === ours) return;
  if (now !== undefined && !now.includes('Bastide brings'))
    return tell(`${link} is another program: use ${target}`);
  await rm(link, { force: true });
  await symlink(target, link);
}

/** The authority's certificate, for everybody to read; its key stays where it is. */
async function publishAuthority(): Promise<string> {
  const authority = await must(makePki({ directory: join(paths.secrets, 'ca'), name: 'Bastide CA' }).root());
  await writeFile(CA_FILE, authority.certificate, { mode: 0o644 });
  return authority.certificate;
}

async function deployExample(tell: (words: string) => void): Promise<void> {
  const ran = await must(
    runner.run(
      {
        argv: [process.execPath, join(dist, 'cli.js'), 'deploy', '--app', EXAMPLE],
        cwd: join(root, 'examples/node'),
        env: { HOME: process.env.HOME ?? '/root', NO_COLOR: '1' },
        timeoutMs: 15 * 60_000,
      },
      (line) => tell(line.trim().slice(0, 60)),
    ),
  );
  if (ran.code !== 0) {
    const said = (ran.stderr.trim() || ran.stdout.trim()).split('\n').slice(-12).join('\n  ');
    throw failed(
      'example_not_deployed',
      said,
      `Try again: bastide deploy --app ${EXAMPLE} in examples/node.`,
    );
  }
  tell('deployed');
}

async function up(): Promise<void> {
  const options = parseUp(process.argv.slice(2));
  const started = performance.now();
  await progress.stage('machine', 'fit', (tell) => preflight(options, tell));
  const settings = await progress.stage('settings', paths.settings, () => settle(options));
  const fresh = await progress.stage('build', 'agent, API and command line', async (tell) => {
    if (await isBuilt()) return tell('nothing has changed') ?? false;
    await buildAll();
    return true;
  });
  // What the agent runs with is what it was started with, not what the file said a moment ago: an editor changes it too.
  const wanted = renderSettings(settings);
  const changed = (await readFile(RUNNING_WITH, 'utf8').catch(() => undefined)) !== wanted;
  await progress.stage('agent', 'running, supervised', () => must(startAgent(fresh || changed)));
  await writeFile(RUNNING_WITH, wanted, { mode: 0o644 });
  await follow(progress);
  const ca = await progress.stage('command line', 'bastide is installed', async (tell) => {
    await installCommand(tell);
    return publishAuthority();
  });
  const server = `https://${platformHost(settings)}`;
  const api = await progress.stage('sign-in', 'root is signed in on this machine', () =>
    must(signIn(server, ca)),
  );
  if (!options.noVault)
    await progress.stage('vault', 'where backups go', async (tell) =>
      tell(await must(ensureLocalVault(api.client))),
    );
  const example = !options.bare && existsSync(join(root, 'examples/node'));
  if (example) {
    await progress.stage('example', 'live', async (tell) => {
      const { live } = await must(ensureExample(api.client, EXAMPLE));
      if (!live) await deployExample(tell);
    });
  }
  const token = api.first || options.newToken ? (await mintToken()).reveal() : undefined;
  const seconds = (performance.now() - started) / 1000;
  const facts = { settings, server, caFile: CA_FILE, token, example: example ? EXAMPLE : undefined, seconds };
  if (json) console.log(JSON.stringify({ ready: true, ...facts }));
  else progress.line(farewell(facts));
}

try {
  await up();
} catch (error) {
  if (error instanceof TypeError && 'code' in error)
    giveUp(failed('option_unknown', error.message, 'See docs/guide.'), json);
  else giveUp(error, json);
}
