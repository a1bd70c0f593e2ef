import type { Engine } from '../../../adapters/docker/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import { partUnhealthy } from './errors.ts';
import { containers, type Part } from './specs.ts';

const PAUSE = 200;

/**
 * Asks until the answer is `undefined` (healthy); another answer says in words what is still wrong.
 * Refusal: `system_part_unhealthy` after `tries` questions, with the part's last words.
 */
export async function untilHealthy(
  engine: Engine,
  part: Part,
  ask: () => Promise<string | undefined>,
  tries = 300,
): Promise<Outcome<void>> {
  let wrong = await ask();
  for (let left = tries; wrong !== undefined && left > 0; left -= 1) {
    await sleep(PAUSE);
    wrong = await ask();
  }
  if (wrong === undefined) return;
  return partUnhealthy(part, [wrong, await lastWords(engine, containers[part])].filter(Boolean).join('; '));
}

/** The last lines that a container said. */
export async function lastWords(engine: Engine, container: string): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const { text } of engine.logs({ container }, { follow: false, tail: 5 })) lines.push(text);
  } catch {
    // Its words are a help, not the answer.
  }
  return lines.join(' | ');
}

/** Waits for a container that runs once; gives its exit code. */
export async function untilEnded(engine: Engine, name: string, tries = 600): Promise<Outcome<number>> {
  for (let left = tries; left > 0; left -= 1) {
    const all = await engine.containers({ 'bastide.project': 'system' });
    if (isRefusal(all)) return all;
    const one = all.find((facts) => facts.name === name);
    if (one?.state === 'exited' || one?.state === 'dead') return one.exitCode ?? 137;
    await sleep(PAUSE);
  }
  return partUnhealthy(name, 'it did not end');
}
