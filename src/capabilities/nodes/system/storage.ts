import { readdir, rename, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RootKeys } from '../../../adapters/envelope/port.ts';
import type { Runner } from '../../../adapters/exec/port.ts';
import type { EncryptedImages, ImageFacts, Place } from '../../../adapters/fscrypt/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { storageNoOverlay } from './errors.ts';
import { ensureDirectory } from './files.ts';
import { platformStorageKey } from './storage-key.ts';
import { moveIn, plainState } from './storage-move.ts';

const GIB = 1024 ** 3;
const LEAST_BYTES = 20 * GIB;
const STEP_BYTES = GIB;

export interface PlatformStorage {
  readonly images: EncryptedImages;
  readonly run: Runner;
  readonly roots: RootKeys;
  readonly place: Place;
  /** The wrapped key, outside of what it opens. */
  readonly keyFile: string;
  /** Where an installation from before keeps the same things in clear. */
  readonly plain: string;
  readonly encryption: 'required' | 'off';
  /** As large as the disk below unless told. */
  readonly sizeBytes?: number;
  /** Ends what uses the state, before it is moved. */
  stopUsers(): Promise<Outcome<void>>;
  readonly log: (line: string) => void;
}

const WALKED = { uid: 0, gid: 0, mode: 0o711 };

/** The platform has a disk to itself: its image is as large as that, and as sparse as it can be. */
async function sizeFor({ place: { image }, sizeBytes }: PlatformStorage): Promise<number> {
  if (sizeBytes !== undefined) return sizeBytes;
  const { blocks, bsize } = await statfs(dirname(image));
  return Math.max(LEAST_BYTES, Math.floor((blocks * bsize) / STEP_BYTES) * STEP_BYTES);
}

/** New on this machine: only where a file, and an overlay of the engine's, can lie in such a directory. */
async function make(storage: PlatformStorage): Promise<Outcome<void>> {
  const { images, place, log } = storage;
  const support = await images.support(dirname(place.image));
  if (isRefusal(support)) return support;
  if (!support.overlay) return storageNoOverlay();
  if (!support.hardware) log(`encryption without the processor's help (${support.driver}): slow`);
  return images.create(place, await sizeFor(storage));
}

/**
 * The platform's own state, encrypted and open: engine, database, registry, uploads, builds, certificates. Before
 * anything of these starts. On one that is open, nothing. State that lies there in clear is moved in. Refusals:
 * `storage_unsupported`, `storage_no_overlay`, `storage_key_missing`, `storage_move_failed`, `storage_move_room`, and
 * those of images and root keys.
 */
export async function bringUpStorage(storage: PlatformStorage): Promise<Outcome<void>> {
  const { images, place, plain, log } = storage;
  await ensureDirectory(dirname(place.image), { uid: 0, gid: 0, mode: 0o700 });
  const before = await images.facts(place);
  if (isRefusal(before)) return before;
  const data = join(place.mount, 'data');
  if (!before.exists && storage.encryption === 'off') {
    for (const path of [dirname(place.mount), place.mount, data]) await ensureDirectory(path, WALKED);
    return moveAll(storage, [plain], data);
  }
  // It was off until now: what would be hidden below the mount is taken aside first.
  const aside = join(plain, 'plain-state');
  if (!before.exists && (await plainState(data)).length > 0) {
    const stopped = await storage.stopUsers();
    if (isRefusal(stopped)) return stopped;
    log('takes aside what was kept in clear');
    await rename(data, aside);
  }
  const opened = await openOrMake(storage, before);
  return isRefusal(opened) ? opened : moveAll(storage, [plain, aside], data);
}

async function openOrMake(storage: PlatformStorage, before: ImageFacts): Promise<Outcome<void>> {
  const { images, place, roots, keyFile } = storage;
  const key = await platformStorageKey(roots, keyFile, !before.exists);
  if (isRefusal(key)) return key;
  if (!before.exists) {
    const made = await make(storage);
    if (isRefusal(made)) return made;
  } else if (!before.mounted && before.sizeBytes < (await sizeFor(storage))) {
    const grown = await images.grow(place, await sizeFor(storage));
    if (isRefusal(grown)) return grown;
  }
  const opened = await images.open(place, key);
  return isRefusal(opened) ? opened : undefined;
}

async function moveAll(
  { run, log, stopUsers }: PlatformStorage,
  sources: readonly string[],
  data: string,
): Promise<Outcome<void>> {
  for (const source of sources) {
    if ((await plainState(source)).length === 0) continue;
    const stopped = await stopUsers();
    if (isRefusal(stopped)) return stopped;
    const moved = await moveIn(run, source, data, log);
    if (isRefusal(moved)) return moved;
  }
}

/** Every image of this node by its file: those of projects, and last the platform's own. */
export async function placesOn(directories: {
  readonly storage: string;
  readonly mounts: string;
}): Promise<Place[]> {
  const names = await readdir(directories.storage).catch(() => []);
  // A project's on its way to another key has a second one.
  const images = names.filter((name) => /\.img(\.next)?$/.test(name)).sort();
  return images
    .map((name) => ({
      image: join(directories.storage, name),
      mount: join(directories.mounts, name.replace('.img', '')),
    }))
    .sort((a, b) => Number(basename(a.mount) === SYSTEM) - Number(basename(b.mount) === SYSTEM));
}

/** The name of the platform's own image among those of projects. */
export const SYSTEM = 'system';

/** Locks and takes away every image of this node, once nothing runs in them. Refuses `storage_busy` and the like. */
export async function tearDownStorage(
  images: EncryptedImages,
  directories: { readonly storage: string; readonly mounts: string },
): Promise<Outcome<void>> {
  for (const place of await placesOn(directories)) {
    // Where it is read from while it goes over to another key (volumes' rekeyPlaces).
    const read = { image: place.image, mount: `${place.mount}.old` };
    const facts = await images.facts(read);
    if (isRefusal(facts)) return facts;
    const away = facts.mounted ? await images.close(read) : undefined;
    if (isRefusal(away)) return away;
    const closed = await images.close(place);
    if (isRefusal(closed)) return closed;
  }
  return images.leave(directories.mounts);
}
