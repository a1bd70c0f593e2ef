import { mkdir, open, rename, rm, rmdir, stat, statfs, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Runner } from '../exec/port.ts';
import { runOrRefuse } from '../exec/run.ts';
import { devicesOf, ensureMounted, ensureUnmounted, mountAt, whileAttached } from './attach.ts';
import * as commands from './commands.ts';
import { copyImage, replaceImage } from './copy.ts';
import { busy, damaged, noSpace, smaller, storageFailed, storageMissing } from './errors.ts';
import type { EncryptedImages, ImageFacts, Place } from './port.ts';
import { trial } from './trial.ts';
import { keyState, lock, policyOf, unlock } from './unlock.ts';

/** An image takes what is in it; a disk that is almost full takes none. */
const LEAST_FREE = 256 * 1024 * 1024;

const sizeOf = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(() => undefined))?.size;

export function makeEncryptedImages(run: Runner): EncryptedImages {
  const images: EncryptedImages = {
    support: (directory) => trial(run, images, directory),
    create: (place, sizeBytes) => create(run, place, sizeBytes),
    facts: (place, keyId) => factsOf(run, place, keyId),

    async open(place, key, keyId) {
      if ((await sizeOf(place.image)) === undefined) return storageMissing(place.image);
      const mounted = await ensureMounted(run, place);
      return isRefusal(mounted) ? mounted : unlock(run, place, key, keyId);
    },

    async lock(place, keyId) {
      return (await mountAt(place.mount)) ? lock(run, place, keyId) : undefined;
    },

    async close(place, keyId) {
      if ((await sizeOf(place.image)) === undefined) return undefined;
      if (await mountAt(place.mount)) {
        const known = keyId ?? (await policyOf(run, place));
        if (isRefusal(known)) return known;
        const locked = known ? await lock(run, place, known) : undefined;
        if (isRefusal(locked)) return locked;
      }
      return ensureUnmounted(run, place);
    },

    async grow(place, sizeBytes) {
      const now = await sizeOf(place.image);
      if (now === undefined) return storageMissing(place.image);
      if (now > sizeBytes) return smaller(sizeBytes);
      if (await mountAt(place.mount)) return busy(place.mount, 'it is mounted');
      // Also where the size is right: a run that was killed may have stopped half-way.
      await truncate(place.image, sizeBytes);
      return whileAttached(run, place.image, async (device) => {
        const checked = await run.run(commands.checkWhole(device));
        if (isRefusal(checked)) return checked;
        if (checked.code > 2) return damaged(place.image, checked.stdout.trim().slice(-500));
        const grown = await runOrRefuse(run, commands.resizeFilesystem(device));
        return isRefusal(grown) ? storageFailed('growing it', grown.message) : undefined;
      });
    },

    copy: (from, to, key, signal) => copyImage(run, images, from, to, key, signal),
    replace: (place, by) => replaceImage(images, place, by),

    async trim(place) {
      if (!(await mountAt(place.mount))) return;
      const ran = await runOrRefuse(run, commands.trim(place.mount));
      return isRefusal(ran) ? ran : undefined;
    },

    async destroy(place, keyId) {
      const closed = await images.close(place, keyId);
      if (isRefusal(closed)) return closed;
      await rm(place.image, { force: true });
      await rmdir(place.mount).catch(() => undefined);
    },

    async leave(directory) {
      const there = await mountAt(directory);
      if (!there?.shared) return;
      const ran = await runOrRefuse(run, commands.unmount(directory));
      return isRefusal(ran) ? busy(directory, ran.message) : undefined;
    },
  };
  return images;
}

/** Made beside and renamed, so that a half-made one is never taken for whole. */
async function create(run: Runner, { image }: Place, sizeBytes: number): Promise<Outcome<void>> {
  if ((await sizeOf(image)) !== undefined) return;
  await mkdir(dirname(image), { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(dirname(image));
  if (bavail * bsize < LEAST_FREE) return noSpace(image, bavail * bsize);
  const draft = `${image}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  await file.truncate(sizeBytes);
  await file.close();
  const made = await runOrRefuse(run, commands.makeFilesystem(draft));
  if (isRefusal(made)) return storageFailed('making the file system', made.message);
  await rename(draft, image);
}

async function factsOf(run: Runner, place: Place, keyId?: string): Promise<Outcome<ImageFacts>> {
  const size = await sizeOf(place.image);
  if (size === undefined) {
    const none = { exists: false, sizeBytes: 0, mounted: false, devices: [] };
    return { ...none, key: undefined, usedBytes: undefined };
  }
  const devices = await devicesOf(run, place.image);
  if (isRefusal(devices)) return devices;
  const there = await mountAt(place.mount);
  const mounted = there !== undefined && devices.includes(there.source);
  const base = { exists: true, sizeBytes: size, mounted, devices };
  if (!mounted) return { ...base, key: undefined, usedBytes: undefined };
  const key = keyId ? await keyState(run, place, keyId) : undefined;
  if (isRefusal(key)) return key;
  const { blocks, bfree, bsize } = await statfs(place.mount);
  return { ...base, key, usedBytes: (blocks - bfree) * bsize };
}
