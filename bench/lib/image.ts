import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runner } from '../../src/adapters/exec/run.ts';
import { makeEncryptedImages } from '../../src/adapters/fscrypt/images.ts';
import type { Support } from '../../src/adapters/fscrypt/port.ts';
import { isRefusal, must } from '../../src/kernel/refusal.ts';
import { Secret } from '../../src/kernel/secret.ts';
import type { Ending } from './ending.ts';

export const MB = 1_000_000;

export interface EncryptedStorage {
  /** A directory of the machine's own file system; goes at the end with all that is in it. */
  readonly beside: string;
  /** On the image, not encrypted. */
  readonly plain: string;
  /** On the same image, encrypted. */
  readonly encrypted: string;
  readonly key: Secret;
  readonly keyId: string;
  readonly support: Support;
}

/** A project's storage as the platform makes it: an ext4 image with an encrypted directory, in a temporary directory. */
export async function encryptedStorage(ending: Ending, bytes: number): Promise<EncryptedStorage> {
  const images = makeEncryptedImages(runner);
  const beside = await mkdtemp(join(tmpdir(), 'bastide-bench-'));
  const mounts = join(beside, 'mounts');
  const place = { image: join(beside, 'bench.img'), mount: join(mounts, 'bench') };
  const key = new Secret(randomBytes(64).toString('base64'));
  let keyId: string | undefined;
  ending.defer(async () => {
    // What had files open there may need a moment to be gone.
    for (let left = 20; ; left -= 1) {
      const gone = await images.destroy(place, keyId);
      if (!isRefusal(gone)) break;
      if (left === 0) must(gone);
      await sleep(500);
    }
    must(await images.leave(mounts));
    await rm(beside, { recursive: true, force: true });
  });
  const support = must(await images.support(beside));
  must(await images.create(place, bytes));
  keyId = must(await images.open(place, key)).keyId;
  // Servers run as users of their own and have to get to their directories.
  const data = join(place.mount, 'data');
  for (const path of [beside, mounts, place.mount, data]) await chmod(path, 0o711);
  return { beside, plain: place.mount, encrypted: data, key, keyId, support };
}

export const aesNote = ({ driver, hardware }: Support): string =>
  `AES-256-XTS by ${driver}${hardware ? '' : ': no AES instructions of the processor, so this is the worst case'}.`;
