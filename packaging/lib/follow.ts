import { failureOf, type Stage, type Status } from '../../src/capabilities/nodes/system/status.ts';
import { isRefusal, Refusal } from '../../src/kernel/refusal.ts';
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

/**
 * Follows the bring-up of an agent that started after `since` until it is ready or gives up, a line for each stage.
 * The agent retries by itself; the first failure of a stage is shown, and ends the waiting when it happens again.
 */
export async function follow(progress: Progress, timeoutMs = 30 * 60_000): Promise<Refusal | undefined> {
  const deadline = performance.now() + timeoutMs;
  const seen = new Set<string>();
  let failures = 0;
  let silent = 0;
  return progress.stage('bring-up', 'waiting for the agent', async (tell) => {
    while (performance.now() < deadline) {
      const status = await readStatus();
      if (status && alive(status.pid)) {
        silent = 0;
        const { done, doing } = news(seen, status);
        for (const stage of done) {
          seen.add(stage.name);
          progress.line(`        ${stage.name.padEnd(66)} ${secondsOf(stage).toFixed(1).padStart(6)} s`);
        }
        tell(doing);
        const failure = failureOf(status);
        if (isRefusal(failure) && ++failures > 3) return failure;
        if (status.ready) {
          tell('the engine and the platform are up');
          return undefined;
        }
      } else if (++silent > 240) {
        return new Refusal(
          'agent_not_running',
          'The agent does not come up',
          'See /var/log/bastide/agent/current.',
        );
      }
      await sleep(PAUSE);
    }
    return new Refusal(
      'agent_slow',
      'The agent is not ready yet',
      'See npm run doctor; npm start follows it again.',
    );
  });
}
