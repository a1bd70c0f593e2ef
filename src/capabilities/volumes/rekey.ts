import { randomBytes } from 'node:crypto';
import type { StepContext } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import type { VolumesDeps } from './deps.ts';
import { projectGone } from './errors.ts';
import type { RekeyFacts } from './facts.ts';
import { GIB, rekeyPlaces, STORAGE_KEY, storagePlace } from './model.ts';
import { inTurn, KEY_BYTES } from './storage.ts';
import * as store from './store.ts';

const bindingOf = (projectId: string) => ({ owner: projectId, name: STORAGE_KEY });

/** How far it is. Where the new image was whole and is there no more, it has taken the old one's place. */
export async function observeRekey(deps: VolumesDeps, projectId: string): Promise<Outcome<RekeyFacts>> {
  const row = await store.findStorage(deps.db, projectId);
  const rekey = await store.findRekey(deps.db, projectId);
  const next = await deps.images.facts(rekeyPlaces(projectId).to);
  if (isRefusal(next)) return next;
  return {
    suspended: row?.suspended,
    stored: row?.sealedKey != null && row.keyId !== null,
    begun: rekey !== undefined,
    copied: rekey?.key_id != null,
    changed: rekey?.key_id != null && !next.exists,
  };
}

export async function prepareRekey(deps: VolumesDeps, projectId: string): Promise<Outcome<void>> {
  const row = await store.findStorage(deps.db, projectId);
  if (!row) return projectGone();
  const key = new Secret(randomBytes(KEY_BYTES).toString('base64'));
  return store.beginRekey(deps.db, row, (recipient) => deps.seal(recipient, bindingOf(projectId), key));
}

const PROGRESS_MS = 10_000;
const gib = (bytes: number): string => (bytes / GIB).toFixed(1);

/** How much is in the new image, now and then. */
async function tellProgress(
  deps: VolumesDeps,
  projectId: string,
  signal: AbortSignal,
  context: StepContext,
): Promise<void> {
  const { from, to } = rekeyPlaces(projectId);
  while (!signal.aborted) {
    await sleep(PROGRESS_MS, signal);
    const [all, copied] = [await deps.images.facts(from), await deps.images.facts(to)];
    if (signal.aborted || isRefusal(all) || isRefusal(copied)) return;
    context.log(`${gib(copied.usedBytes ?? 0)} of ${gib(all.usedBytes ?? 0)} GiB are in the new image`);
  }
}

/** Both keys are in the kernel while this runs, and neither is after it. */
export async function copyToNextKey(
  deps: VolumesDeps,
  projectId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const row = await store.findStorage(deps.db, projectId);
  const rekey = await store.findRekey(deps.db, projectId);
  if (!row?.sealedKey || !rekey) return projectGone();
  const binding = bindingOf(projectId);
  const [old, next] = [
    await deps.open(projectId, binding, row.sealedKey),
    await deps.open(projectId, binding, rekey.sealed),
  ];
  if (isRefusal(old)) return old;
  if (isRefusal(next)) return next;
  const { from, to } = rekeyPlaces(projectId);
  // A run that was killed left it mounted there.
  for (const one of [from, storagePlace(projectId)]) {
    const closed = await deps.images.close(one);
    if (isRefusal(closed)) return closed;
  }
  const opened = await deps.images.open(from, old, row.keyId ?? undefined);
  if (isRefusal(opened)) return opened;
  const over = new AbortController();
  const telling = tellProgress(deps, projectId, AbortSignal.any([context.signal, over.signal]), context);
  const copied = await deps.images.copy(from, to, next, context.signal);
  over.abort();
  await telling;
  const away = await deps.images.close(from);
  if (isRefusal(copied)) return copied;
  if (isRefusal(away)) return away;
  await store.rekeyCopied(deps.db, projectId, copied.keyId);
}

/**
 * The new image in place of the old one; the new key is the key only once the image has opened with it. A kill before
 * the rename leaves the old one whole, one after it the new one; both are settled by doing this again.
 */
export const switchKey = (deps: VolumesDeps, projectId: string): Promise<Outcome<void>> =>
  inTurn(projectId, async () => {
    const rekey = await store.findRekey(deps.db, projectId);
    if (!rekey?.key_id) return undefined;
    const place = storagePlace(projectId);
    const { from, to } = rekeyPlaces(projectId);
    for (const one of [from, to, place]) {
      const closed = await deps.images.close(one);
      if (isRefusal(closed)) return closed;
    }
    const next = await deps.images.facts(to);
    if (isRefusal(next)) return next;
    const replaced = next.exists ? await deps.images.replace(place, to) : undefined;
    if (isRefusal(replaced)) return replaced;
    const key = await deps.open(projectId, bindingOf(projectId), rekey.sealed);
    if (isRefusal(key)) return key;
    const opened = await deps.images.open(place, key, rekey.key_id);
    const closed = await deps.images.close(place);
    // The new image was lost before it took the place: what is there is the old one, and its key goes on.
    if (isRefusal(opened) && opened.code === 'storage_wrong_key' && !next.exists)
      await store.forgetRekey(deps.db, projectId);
    if (isRefusal(opened)) return opened;
    if (isRefusal(closed)) return closed;
    await store.endRekey(deps.db, projectId);
  });

/** The old image and its key go on. The new key is forgotten first: an image without one is only a file. */
export async function abandonRekey(deps: VolumesDeps, projectId: string): Promise<Outcome<void>> {
  const { from, to } = rekeyPlaces(projectId);
  await store.forgetRekey(deps.db, projectId);
  const destroyed = await deps.images.destroy(to);
  const closed = await deps.images.close(from);
  return isRefusal(destroyed) ? destroyed : closed;
}
