import { access, mkdir, readFile, rm } from 'node:fs/promises';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { startContainerd, startDockerd } from './commands.ts';
import { pathsOf } from './daemon/render.ts';
import type { NodeDeps } from './deps.ts';
import { engineNotStarted } from './errors.ts';
import { commandOf, end, endAll } from './processes.ts';

const START_MS = 60_000;
/** Longer than the containers' own grace (daemon.json's shutdown-timeout). */
const STOP_MS = 60_000;

const tail = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');

/** The pid in a file, if the process is the one that the file is about: pids are used again. */
async function pidIn(file: string, word: string): Promise<number | undefined> {
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).trim());
  return pid > 1 && (await commandOf(pid)).includes(word) ? pid : undefined;
}

async function start(
  deps: NodeDeps,
  command: Command,
  ready: () => Promise<boolean>,
  log: string,
): Promise<Outcome<void>> {
  const program = command.argv.find((word) => /\/(dockerd|containerd)$/.test(word)) ?? command.argv[0];
  const ran = await deps.run.run(command);
  if (isRefusal(ran)) return ran;
  if (ran.code !== 0) return engineNotStarted(program, (ran.stderr || ran.stdout).trim());
  const deadline = performance.now() + START_MS;
  while (!(await ready())) {
    if (performance.now() > deadline) return engineNotStarted(program, await tail(log));
    await sleep(100);
  }
}

/** Starts containerd and dockerd as processes of their own, so that apps go on when the agent is killed; adopts what runs. */
export async function startEngine(deps: NodeDeps): Promise<Outcome<void>> {
  const paths = pathsOf(deps.settings);
  // The mapped users of containers must be able to pass through, not to look around.
  for (const path of [deps.settings.stateDir, deps.settings.runDir])
    await mkdir(path, { recursive: true, mode: 0o711 });
  for (const path of [deps.settings.engineRoot, paths.execRoot])
    await mkdir(path, { recursive: true, mode: 0o711 });
  await mkdir(deps.settings.logDir, { recursive: true, mode: 0o750 });

  if (!(await pidIn(paths.containerdPid, paths.containerd))) {
    await rm(paths.containerdPid, { force: true });
    await rm(paths.containerdSocket, { force: true });
    const there = () =>
      access(paths.containerdSocket).then(
        () => true,
        () => false,
      );
    const started = await start(deps, startContainerd(deps.settings), there, paths.containerdLog);
    if (isRefusal(started)) return started;
  }
  if (!(await pidIn(paths.dockerdPid, paths.daemon))) {
    // dockerd refuses to start while any process has the pid of its last run.
    for (const path of [paths.dockerdPid, paths.enginePid, deps.settings.engineSocket])
      await rm(path, { force: true });
    const answers = async () => !isRefusal(await deps.engine.facts());
    return start(deps, startDockerd(deps.settings), answers, paths.engineLog);
  }
}

/** Stops the engine with its containers, then whatever of theirs is left. */
export async function stopEngine({ settings }: NodeDeps): Promise<Outcome<void>> {
  const paths = pathsOf(settings);
  const dockerd = await pidIn(paths.dockerdPid, paths.daemon);
  const stopped = dockerd ? await end(dockerd, STOP_MS) : undefined;
  if (isRefusal(stopped)) return stopped;
  // A shim without its engine keeps a container alive that nobody knows; its end is the container's end.
  const shims = await endAll(
    (command) => /containerd-shim/.test(command[0] ?? '') && command.includes(paths.containerdSocket),
    5_000,
  );
  if (isRefusal(shims)) return shims;
  const containerd = await pidIn(paths.containerdPid, paths.containerd);
  const ended = containerd ? await end(containerd, 20_000) : undefined;
  if (isRefusal(ended)) return ended;
  const left = [
    paths.dockerdPid,
    paths.enginePid,
    paths.containerdPid,
    settings.engineSocket,
    paths.containerdSocket,
  ];
  for (const path of left) await rm(path, { force: true });
}
