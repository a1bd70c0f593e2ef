import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { stepDone } from '../../engine/once.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { KeysDeps } from './deps.ts';
import type { RootFacts, RotationFacts, Stale } from './model.ts';
import { BROKEN, sealedColumns } from './sealed.ts';
import * as store from './store.ts';

/** What is true of a project's key: its generations, and what is sealed to which. */
export async function observeRotation(
  db: Kysely<Database>,
  projectId: string,
  operationId: string | null,
): Promise<RotationFacts> {
  const { projectExists } = await store.keyFacts(db, projectId);
  const generations = await store.generations(db, projectId);
  const current = generations.find((g) => g.supersededAt === null && !g.destroyed);
  const stale: Stale[] = [];
  const used = new Set<string>();
  let broken = 0;
  for (const column of sealedColumns) {
    let count = 0;
    for (const [keyId, values] of await store.sealedTo(db, column, projectId)) {
      used.add(keyId);
      if (keyId === BROKEN) broken += values;
      else if (keyId !== current?.keyId) count += values;
    }
    stale.push({ table: column.table, column: column.column, what: column.what, count });
  }
  // A text without the name of its key may be sealed to any of them.
  const inUse = generations.filter(({ keyId }) => used.has(keyId) || used.has(''));
  const followUp = `keys.followUp:${projectId}`;
  return {
    projectExists,
    generations,
    stale,
    inUse: inUse.map(({ generation }) => generation),
    broken,
    followedUp: operationId !== null && (await stepDone(db, operationId, followUp)),
  };
}

/** What is true of the root keys. */
export async function observeRoot(
  deps: Pick<KeysDeps, 'db' | 'roots' | 'given'>,
): Promise<Outcome<RootFacts>> {
  const ids = await deps.roots.ids();
  if (isRefusal(ids)) return ids;
  const use = await store.rootUse(deps.db);
  const current = ids.at(-1);
  let toRewrap = 0;
  for (const [id, count] of use) if (id !== current) toRewrap += count;
  const inUse = new Set([...use.keys(), ...(await store.rootsOfRepositories(deps.db))]);
  return {
    given: deps.given,
    ids,
    recorded: await store.recordedRoots(deps.db),
    toRewrap,
    inUse: [...inUse],
  };
}
