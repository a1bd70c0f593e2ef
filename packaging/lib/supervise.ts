import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runner, runOrRefuse } from '../../src/adapters/exec/run.ts';
import type { Command } from '../../src/kernel/command.ts';
import { isRefusal, type Outcome } from '../../src/kernel/refusal.ts';
import { sleep } from '../../src/kernel/time.ts';
import { paths } from '../../src/main/paths.ts';
import { root } from './build.ts';
import {
  AGENT_SERVICE,
  renderUnit,
  runit,
  runitFiles,
  type Supervised,
  startRunsvdir,
  stopRunsvdir,
  systemd,
  UNIT,
} from './supervision.ts';

const supervised: Supervised = { node: process.execPath, root };

/** systemd is the machine's init. */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system');

const inTurn = async (...commands: Command[]): Promise<Outcome<void>> => {
  for (const command of commands) {
    const ran = await runOrRefuse(runner, command);
    if (isRefusal(ran)) return ran;
  }
};

async function changed(path: string, content: string): Promise<boolean> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === content) return false;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return true;
}

/** Starts the agent and keeps it running; `fresh` restarts one that runs older code. */
export const startAgent = (fresh: boolean): Promise<Outcome<void>> =>
  hasSystemd() ? startUnder(fresh) : startWithRunit(fresh);

async function startUnder(fresh: boolean): Promise<Outcome<void>> {
  const template = await readFile(join(root, 'packaging/systemd/bastide-agent.service'), 'utf8');
  const renewed = await changed(UNIT, renderUnit(template, supervised));
  const up = await inTurn(...(renewed ? [systemd.reload] : []), systemd.up);
  return isRefusal(up) || !(fresh || renewed) ? up : inTurn(systemd.restart);
}

async function startWithRunit(fresh: boolean): Promise<Outcome<void>> {
  let renewed = false;
  for (const [path, content] of Object.entries(runitFiles(supervised))) {
    renewed = (await changed(path, content)) || renewed;
    if (path.endsWith('/run')) await chmod(path, 0o755);
  }
  await mkdir(paths.run, { recursive: true, mode: 0o711 });
  const started = await inTurn(startRunsvdir);
  if (isRefusal(started)) return started;
  await untilSupervised(AGENT_SERVICE);
  const running = await runner.run(runit.status);
  const isUp = !isRefusal(running) && running.stdout.startsWith('run:');
  if (isUp && (fresh || renewed)) return inTurn(runit.restart);
  return isUp ? undefined : inTurn(runit.up);
}

/**
 * Waits until somebody supervises a service. runsvdir looks for services every five seconds; what an earlier supervisor left
 * in the directory says nothing, so `sv` is asked.
 */
export async function untilSupervised(service: string): Promise<void> {
  for (let left = 150; left > 0; left -= 1) {
    const seen = await runner.run({ argv: ['sv', 'status', service], timeoutMs: 10_000 });
    if (!isRefusal(seen) && /^(run|down|finish):/.test(seen.stdout)) return;
    await sleep(100);
  }
}

/** Ends the agent and what keeps it running. What the agent started is not its child and stays. */
export async function stopAgent(): Promise<Outcome<void>> {
  if (hasSystemd()) return existsSync(UNIT) ? inTurn(systemd.down) : undefined;
  if (!existsSync(join(AGENT_SERVICE, 'supervise'))) return;
  // Refuses when nobody supervises it any more: then there is nothing to end.
  await runner.run(runit.down);
  await runner.run(stopRunsvdir);
  // runsv and svlogd end a moment after runsvdir, and write there until then.
  const gone = { recursive: true, force: true, maxRetries: 50, retryDelay: 20 };
  await rm(join(AGENT_SERVICE, 'supervise'), gone);
  await rm(join(AGENT_SERVICE, 'log/supervise'), gone);
}

export async function removeUnit(): Promise<void> {
  if (!existsSync(UNIT)) return;
  await rm(UNIT);
  await inTurn(systemd.reload);
}
