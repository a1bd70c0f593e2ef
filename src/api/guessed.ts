import type { Attempts, Taken } from '../capabilities/access/attempts.ts';
import { signInThrottled } from '../capabilities/access/errors.ts';
import type { Actor } from '../capabilities/access/model.ts';
import { networkOf } from '../capabilities/access/network.ts';
import { isRefusal, type Outcome } from '../kernel/refusal.ts';
import type { Guesses } from './route.ts';

interface Who {
  readonly actor: Actor | undefined;
  readonly body: unknown;
  readonly address: string | undefined;
  readonly now: Date;
}

/** What the number that is never exceeded is counted for; nothing where it does not concern this request. */
function limited({ most }: Guesses, { actor, address }: Who): string | undefined {
  if (most?.of === 'network') return networkOf(address);
  return most?.of === 'session' && actor?.session?.level === 1 ? actor.tokenId : undefined;
}

/**
 * Runs what judges a guess. It is counted before, in a transaction of its own: a refusal, which takes back all that the
 * handler did, does not take back that somebody tried.
 */
export async function guessed<T>(
  attempts: Attempts,
  guesses: Guesses | undefined,
  who: Who,
  run: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  if (guesses === undefined) return run();
  const { door, most, wrong } = guesses;
  const what = limited(guesses, who);
  if (most && what !== undefined && !(await attempts.within(door, what, most.tries, who.now)))
    return most.refusal();
  if (wrong.length === 0) return run();
  const account = guesses.account ? guesses.account(who.body) : who.actor?.name;
  const taken: number | Taken = await attempts.take({ door, account, address: who.address }, who.now);
  if (typeof taken === 'number') return signInThrottled(taken);
  const outcome = await run();
  if (!isRefusal(outcome)) await attempts.right(taken);
  else if (!wrong.includes(outcome.code)) await attempts.takeBack(taken);
  return outcome;
}
