import type { Table } from '../../../engine/capability.ts';
import { claim, reclaim } from '../../../engine/journal.ts';
import { runOperation } from '../../../engine/run.ts';
import { submit } from '../../../engine/submit.ts';
import type { KeysDeps } from '../deps.ts';
import { keysKinds } from '../kinds.ts';
import { performKeys } from '../perform.ts';

class Killed extends Error {}

/** Calls `strike` before and after each call of any method of the object. */
function around<T extends object>(target: T, strike: () => void): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        strike();
        const answer: unknown = await value.apply(object, args);
        strike();
        return answer;
      };
    },
  });
}

/**
 * Runs an operation on keys to its end with an agent that is killed after so many effects, one number per life; the
 * last life is not cut short. `meanwhile` happens whenever an agent dies.
 */
export async function runKilled(
  deps: KeysDeps,
  request: { kind: string; target: string; projectId: string | null; input: unknown },
  lives: readonly number[],
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<{ status: string; failure: unknown; result: unknown; deaths: number }> {
  const { db } = deps;
  const { operationId } = await db
    .transaction()
    .execute((tx) => submit(tx, { ...request, organizationId: null, actor: 'ada' }));
  const status = () =>
    db
      .selectFrom('operations')
      .select(['status', 'failure', 'result'])
      .where('id', '=', operationId)
      .executeTakeFirstOrThrow();
  let deaths = 0;
  for (const life of [...lives, Number.POSITIVE_INFINITY]) {
    await reclaim(db, 'node');
    const claimed = await claim(db, 'node', [request.kind]);
    if (!claimed) break;
    const kill = new AbortController();
    let left = life;
    const strike = () => {
      if (kill.signal.aborted) throw new Killed();
      if (left-- > 0) return;
      kill.abort();
      throw new Killed();
    };
    const mortal: KeysDeps = {
      ...deps,
      keychain: around(deps.keychain, strike),
      roots: around(deps.roots, strike),
      seal: async (...args) => {
        strike();
        const sealed = await deps.seal(...args);
        strike();
        return sealed;
      },
    };
    const perform = performKeys(mortal);
    const table: Table = {
      kinds: new Map(keysKinds(deps).map((kind) => [kind.kind, kind])),
      performers: new Map([
        [
          'keys',
          async (step, context) => {
            const outcome = await perform(step, context);
            strike();
            return outcome;
          },
        ],
      ]),
    };
    await runOperation(db, table, claimed, kill.signal);
    if (!kill.signal.aborted) break;
    deaths += 1;
    await meanwhile();
  }
  return { ...(await status()), deaths };
}
