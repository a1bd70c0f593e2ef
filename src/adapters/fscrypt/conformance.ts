import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { EncryptedImages, Place } from './port.ts';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
const newKey = () => new Secret(randomBytes(64).toString('base64'));
const code = (outcome: unknown) => (isRefusal(outcome) ? outcome.code : outcome);

/** What encrypted images promise. `hold` opens a file below the place and answers what closes it again. */
export function imagesConformance(
  name: string,
  make: () => Promise<{
    readonly images: EncryptedImages;
    place(name: string): Place;
    hold(place: Place): Promise<() => Promise<void>>;
  }>,
): void {
  describe(`${name} as encrypted images`, () => {
    const made = async (id: string) => {
      const world = await make();
      const place = world.place(id);
      must(await world.images.create(place, SIZE));
      const key = newKey();
      const { keyId } = must(await world.images.open(place, key));
      return { ...world, place, beside: world.place(`${id}-next`), key, keyId };
    };

    it('opens, locks and opens again under the same id', async () => {
      const { images, place, key, keyId } = await made('again');
      expect(keyId).toMatch(/^[0-9a-f]{32}$/);
      expect(must(await images.facts(place, keyId))).toMatchObject({ mounted: true, key: 'present' });
      must(await images.lock(place, keyId));
      must(await images.lock(place, keyId));
      expect(must(await images.facts(place, keyId))).toMatchObject({ mounted: true, key: 'absent' });
      expect(must(await images.open(place, key, keyId))).toEqual({ keyId });
      expect(must(await images.open(place, key, keyId))).toEqual({ keyId });
      must(await images.destroy(place, keyId));
    });

    it('is attached once while it is open, and nowhere after it was closed', async () => {
      const { images, place, keyId } = await made('closed');
      expect(must(await images.facts(place))).toMatchObject({ exists: true, sizeBytes: SIZE });
      expect(must(await images.facts(place)).devices).toHaveLength(1);
      must(await images.close(place, keyId));
      must(await images.close(place, keyId));
      expect(must(await images.facts(place, keyId))).toMatchObject({ mounted: false, devices: [] });
      must(await images.destroy(place));
      expect(must(await images.facts(place)).exists).toBe(false);
    });

    it('refuses a key that is not its own, before and after a restart', async () => {
      const { images, place, key, keyId } = await made('wrong');
      expect(code(await images.open(place, newKey()))).toBe('storage_wrong_key');
      must(await images.close(place, keyId));
      expect(code(await images.open(place, newKey(), keyId))).toBe('storage_wrong_key');
      expect(must(await images.open(place, key, keyId))).toEqual({ keyId });
      must(await images.destroy(place, keyId));
    });

    it('is not taken for locked while a file is open', async () => {
      const { images, place, key, keyId, hold } = await made('held');
      const close = await hold(place);
      expect(code(await images.lock(place, keyId))).toBe('storage_busy');
      expect(must(await images.facts(place, keyId)).key).toBe('busy');
      expect(code(await images.close(place, keyId))).toBe('storage_busy');
      await close();
      must(await images.lock(place, keyId));
      must(await images.open(place, key, keyId));
      must(await images.destroy(place, keyId));
    });

    it('grows while it is closed, and never shrinks', async () => {
      const { images, place, key, keyId } = await made('grow');
      expect(code(await images.grow(place, 2 * SIZE))).toBe('storage_busy');
      must(await images.close(place, keyId));
      expect(code(await images.grow(place, SIZE / 2))).toBe('storage_smaller');
      must(await images.grow(place, 2 * SIZE));
      must(await images.grow(place, 2 * SIZE));
      expect(must(await images.facts(place)).sizeBytes).toBe(2 * SIZE);
      must(await images.open(place, key, keyId));
      must(await images.destroy(place, keyId));
    });

    it('leaves an image that is there as it is', async () => {
      const { images, place, key, keyId } = await made('twice');
      must(await images.create(place, 3 * SIZE));
      expect(must(await images.facts(place)).sizeBytes).toBe(SIZE);
      expect(must(await images.open(place, key, keyId))).toEqual({ keyId });
      must(await images.destroy(place, keyId));
      must(await images.destroy(place, keyId));
    });

    it('goes over to an image with another key, and never while either is open', async () => {
      const { images, place, beside: next, key, keyId } = await made('rekey');
      const { signal } = new AbortController();
      const other = newKey();
      for (const _ of [1, 2]) {
        const copied = must(await images.copy(place, next, other, signal));
        expect(copied.keyId).not.toBe(keyId);
        expect(must(await images.facts(next))).toMatchObject({ exists: true, mounted: false, devices: [] });
      }
      expect(code(await images.replace(place, next))).toBe('storage_busy');
      must(await images.close(place, keyId));
      expect(code(await images.copy(place, next, other, signal))).toBe('storage_missing');
      must(await images.replace(place, next));
      expect(must(await images.facts(next)).exists).toBe(false);
      expect(code(await images.open(place, key))).toBe('storage_wrong_key');
      const now = must(await images.open(place, other));
      must(await images.destroy(place, now.keyId));
      expect(code(await images.replace(place, next))).toBe('storage_missing');
    });

    it('cannot open what is not there', async () => {
      const { images, place } = await make().then((world) => ({ ...world, place: world.place('none') }));
      expect(code(await images.open(place, newKey()))).toBe('storage_missing');
      expect(code(await images.grow(place, SIZE))).toBe('storage_missing');
    });
  });
}
