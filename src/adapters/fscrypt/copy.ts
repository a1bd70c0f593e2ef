import { open, rename, rmdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import type { Runner } from '../exec/port.ts';
import { runOrRefuse } from '../exec/run.ts';
import * as commands from './commands.ts';
import { firstDifference } from './compare.ts';
import { busy, copyDiffers, noSpace, storageFailed, storageMissing } from './errors.ts';
import type { EncryptedImages, Place } from './port.ts';
import { dataOf } from './unlock.ts';

/** What is left for everybody else while two images are there. */
const LEAST_FREE = 256 * 1024 * 1024;

/** An attempt that was killed may have left one that is not whole, and a program that still writes to it for a while. */
async function cleared(images: EncryptedImages, to: Place, signal: AbortSignal): Promise<Outcome<void>> {
  for (;;) {
    const gone = await images.destroy(to);
    if (!isRefusal(gone) || gone.code !== 'storage_busy' || signal.aborted) return gone;
    await sleep(1000, signal);
  }
}

/** Everything of the open `from` into a new image at `to`, with a key of its own; equal when this answers, and closed. */
export async function copyImage(
  run: Runner,
  images: EncryptedImages,
  from: Place,
  to: Place,
  key: Secret,
  signal: AbortSignal,
): Promise<Outcome<{ readonly keyId: string }>> {
  const facts = await images.facts(from);
  if (isRefusal(facts)) return facts;
  if (!facts.mounted) return storageMissing(from.mount);
  const clean = await cleared(images, to, signal);
  if (isRefusal(clean)) return clean;
  const { bavail, bsize } = await statfs(dirname(to.image));
  if (bavail * bsize < (facts.usedBytes ?? 0) + LEAST_FREE) return noSpace(to.image, bavail * bsize);
  const made = await images.create(to, facts.sizeBytes);
  if (isRefusal(made)) return made;
  const opened = await images.open(to, key);
  if (isRefusal(opened)) return opened;
  const copied = await runOrRefuse(run, commands.copyTree(dataOf(from), dataOf(to)));
  if (isRefusal(copied)) return storageFailed('copying the storage', copied.message);
  // Away and back, so that what is compared is what the new key gives back and not what is still in memory.
  const away = await images.close(to, opened.keyId);
  if (isRefusal(away)) return away;
  const again = await images.open(to, key, opened.keyId);
  if (isRefusal(again)) return again;
  const different = await firstDifference(dataOf(from), dataOf(to), signal).catch((error: unknown) =>
    storageFailed('comparing the copy', error instanceof Error ? error.message : String(error)),
  );
  if (isRefusal(different)) return different;
  if (different !== undefined) return copyDiffers(different);
  const closed = await images.close(to, opened.keyId);
  return isRefusal(closed) ? closed : opened;
}

/** `place` is what `by` was, in one rename that survives a power cut; whatever was there is gone. */
export async function replaceImage(images: EncryptedImages, place: Place, by: Place): Promise<Outcome<void>> {
  for (const one of [place, by]) {
    const facts = await images.facts(one);
    if (isRefusal(facts)) return facts;
    if (!facts.exists) return storageMissing(one.image);
    if (facts.mounted || facts.devices.length > 0) return busy(one.image, 'it is attached');
  }
  await rename(by.image, place.image);
  const directory = await open(dirname(place.image), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
  await rmdir(by.mount).catch(() => undefined);
}
