import { createHash } from 'node:crypto';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { busy, smaller, storageMissing, wrongKey } from './errors.ts';
import type { EncryptedImages, KeyState, Place } from './port.ts';

interface Held {
  size: number;
  mounted: boolean;
  policy: string | undefined;
  key: KeyState;
}

/** Images that exist in memory only, and the handle that says somebody has files open. */
export interface MemoryImages extends EncryptedImages {
  /** Files are open below it: it cannot be locked. */
  hold(place: Place, held: boolean): void;
  readonly images: ReadonlyMap<string, Readonly<Held>>;
}

export function makeMemoryImages(): MemoryImages {
  const images = new Map<string, Held>();
  const held = new Set<string>();
  const lock = (place: Place): Outcome<void> => {
    const it = images.get(place.image);
    if (!it?.mounted || it.key === 'absent') return;
    it.key = held.has(place.image) ? 'busy' : 'absent';
    if (it.key === 'busy') return busy(place.mount, 'files in it are still open');
  };
  const close = (place: Place): Outcome<void> => {
    const refused = lock(place);
    if (refused) return refused;
    const it = images.get(place.image);
    if (it) it.mounted = false;
  };
  const idOf = (key: Secret) => createHash('sha256').update(key.reveal()).digest('hex').slice(0, 32);
  return {
    images,
    hold: (place, on) => void (on ? held.add(place.image) : held.delete(place.image)),
    support: async () => ({ driver: 'xts-aes-memory', hardware: true, overlay: true }),
    async create(place, size) {
      if (!images.has(place.image))
        images.set(place.image, { size, mounted: false, policy: undefined, key: 'absent' });
    },
    async facts(place, keyId) {
      const it = images.get(place.image);
      return {
        exists: it !== undefined,
        sizeBytes: it?.size ?? 0,
        mounted: it?.mounted ?? false,
        devices: it?.mounted ? ['/dev/loop0'] : [],
        key: it?.mounted && keyId ? (it.policy === keyId ? it.key : 'absent') : undefined,
        usedBytes: it?.mounted ? 0 : undefined,
      };
    },
    async open(place, key, expected) {
      const it = images.get(place.image);
      if (!it) return storageMissing(place.image);
      it.mounted = true;
      const keyId = idOf(key);
      if ([it.policy, expected].some((id) => id !== undefined && id !== keyId)) return wrongKey(place.image);
      it.policy = keyId;
      it.key = 'present';
      return { keyId };
    },
    lock: async (place) => lock(place),
    close: async (place) => close(place),
    async grow(place, size) {
      const it = images.get(place.image);
      if (!it) return storageMissing(place.image);
      if (it.size > size) return smaller(size);
      if (it.mounted) return busy(place.mount, 'it is mounted');
      it.size = size;
    },
    async copy(from, to, key) {
      const it = images.get(from.image);
      if (!it?.mounted) return storageMissing(from.mount);
      const keyId = idOf(key);
      images.set(to.image, { size: it.size, mounted: false, policy: keyId, key: 'absent' });
      return { keyId };
    },
    async replace(place, by) {
      const [old, it] = [images.get(place.image), images.get(by.image)];
      if (!old || !it) return storageMissing(old ? by.image : place.image);
      if (old.mounted || it.mounted) return busy(place.image, 'it is attached');
      images.set(place.image, it);
      images.delete(by.image);
    },
    trim: async () => undefined,
    async destroy(place) {
      const refused = close(place);
      if (refused) return refused;
      images.delete(place.image);
    },
    leave: async () => undefined,
  };
}
