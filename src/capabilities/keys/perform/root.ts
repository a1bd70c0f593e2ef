import { openText, wrapText } from '../../../adapters/envelope/platform.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { KeysDeps } from '../deps.ts';
import { rootColumns } from '../sealed.ts';
import * as store from '../store.ts';

const BATCH = 500;

/**
 * A new root key, once per operation. A key that is here and was never written down is one that a killed run made, or
 * that was added from outside: it is taken. Those of the first start are written down as they are.
 */
export async function newRoot(deps: KeysDeps, add: boolean, context: StepContext): Promise<Outcome<void>> {
  const { id } = context.operation;
  const ids = await deps.roots.ids();
  if (isRefusal(ids)) return ids;
  const recorded = await store.recordedRoots(deps.db);
  if (recorded.length === 0) for (const one of ids) await store.recordRoot(deps.db, one, null);
  const newest = ids.at(-1)!;
  const found = recorded.length > 0 && !recorded.some((root) => root.id === newest);
  if (found) await store.recordRoot(deps.db, newest, id);
  if (found || !add) return undefined;
  const added = await deps.roots.add();
  if (isRefusal(added)) return added;
  await store.recordRoot(deps.db, added, id);
  return undefined;
}

/** Wraps up to a batch of project keys, and all secrets of the platform's own, with the current root key. */
export async function rewrap(deps: KeysDeps, context: StepContext): Promise<Outcome<void>> {
  const ids = await deps.roots.ids();
  if (isRefusal(ids)) return ids;
  const current = ids.at(-1)!;
  const keys = await store.keysWrappedByOthers(deps.db, current, BATCH);
  for (const { projectId, generation, key } of keys) {
    const wrapped = await deps.keychain.rewrap(projectId, key);
    if (isRefusal(wrapped)) return wrapped;
    await store.saveRewrapped(deps.db, projectId, generation, wrapped);
  }
  for (const column of rootColumns)
    for (const row of await store.rootTexts(deps.db, column, current)) {
      const about = `${column.about}${row.key}`;
      const opened = await openText(deps.roots, about, row.text);
      if (isRefusal(opened)) return opened;
      const text = await wrapText(deps.roots, about, opened);
      if (isRefusal(text)) return text;
      await store.replaceRootText(deps.db, column, row, text);
    }
  context.log(`${keys.length} project keys wrapped by root key ${current}`, 'keys');
  return undefined;
}

/** The root key goes from where it is kept, then from the list of those that are. */
export async function destroyRoot(deps: KeysDeps, rootKeyId: string): Promise<Outcome<void>> {
  if (!deps.given) {
    const gone = await deps.roots.destroy(rootKeyId);
    if (isRefusal(gone)) return gone;
  }
  await store.closeRoot(deps.db, rootKeyId);
  return undefined;
}
