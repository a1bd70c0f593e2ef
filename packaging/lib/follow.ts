import { failureOf, type Stage, type Status } from '../../src/capabilities/nodes/system/status.ts';
import { Refusal } from '../../src/kernel/refusal.ts';
import { sleep } from '../../src/kernel/time.ts';
import { readStatus } from '../doctor/observe.ts';
import type { Progress } from './progress.ts';

/** What the next look at the status adds for the reader. Pure. */
export function news(
  seen: ReadonlySet<string>,
  status: Status,
): { readonly done: Stage[]; readonly doing: string } {
  const done = status.stages.filter((stage) => stage.finishedAt && !seen.has(stage.name));
  const doing = status.stages.filter((stage) => !stage.finishedAt && !stage.error).map(({ name }) => name);
  return { done, doing: doing.at(-1) ?? 'waiting for the agent' };
}

export const secondsOf = (stage: Stage): number =>
  (Date.parse(stage.finishedAt ?? stage.startedAt) - Date.parse(stage.startedAt)) / 1000;

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const PAUSE = 250;
/** The supervisor starts an agent that gave up again: what was wrong may be right by then. */
const ATTEMPTS = 3;
const SILENCE = 240;

/**
 * Follows the bring-up until it is ready or gives up, a line for each stage. The agent starts again after a failure;
 * the third failure is the answer, and is thrown.
 */
export async function follow(progress: Progress, timeoutMs = 30 * 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const seen = new Set<string>();
  const gaveUp = new Set<number>();
  let silent = 0;
  return progress.stage('bring-up', 'the engine and the platform are up', async (tell) => {
    while (performance.now() < deadline) {
      const status = await readStatus();
      const running = status !== undefined && alive(status.pid);
      silent = running ? 0 : silent + 1;
      if (silent > SILENCE) throw agentNotRunning();
      const failure = status && failureOf(status);
      if (status && failure) {
        gaveUp.add(status.pid);
        if (gaveUp.size >= ATTEMPTS) throw failure;
        tell(`${failure.code}, trying again`);
      } else if (status && running) {
        const { done, doing } = news(seen, status);
        for (const stage of done) {
          seen.add(stage.name);
          progress.line(`        ${stage.name.padEnd(66)} ${secondsOf(stage).toFixed(1).padStart(6)} s`);
        }
        tell(status.ready ? 'the engine and the platform are up' : doing);
        if (status.ready) return;
      }
      await sleep(PAUSE);
    }
    throw agentSlow();
  });
}

const LOG = '/var/log/bastide/agent/current';
const agentNotRunning = (): Refusal =>
  new Refusal('agent_not_running', 'The agent does not come up', `See ${LOG}, and npm run doctor.`);
const agentSlow = (): Refusal =>
  new Refusal('agent_slow', 'The agent is not ready yet', `See ${LOG}; npm start follows it again.`);
