import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Runner } from '../exec/port.ts';
import * as commands from './commands.ts';
import { storageUnsupported } from './errors.ts';
import { isHardware, parseDriver } from './parse.ts';
import type { EncryptedImages, Place, Support } from './port.ts';
import { dataOf } from './unlock.ts';

const SIZE = 32 * 1024 * 1024;

export const newKey = (): Secret => new Secret(randomBytes(64).toString('base64'));

/**
 * Tries it for real: policies are accepted that then open no file, so that only a file that was written, read and not
 * found in the image counts.
 */
export async function trial(
  run: Runner,
  images: EncryptedImages,
  directory: string,
): Promise<Outcome<Support>> {
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const base = await mkdtemp(join(directory, '.trial-'));
  const place = { image: join(base, 'trial.img'), mount: join(base, 'mounts', 'trial') };
  try {
    const tried = await attempt(run, images, place);
    return isRefusal(tried) && tried.code !== 'storage_unsupported'
      ? storageUnsupported(tried.message)
      : tried;
  } catch (error) {
    return storageUnsupported((error as Error).message);
  } finally {
    await images.destroy(place);
    await images.leave(join(base, 'mounts'));
    await rm(base, { recursive: true, force: true });
  }
}

async function attempt(run: Runner, images: EncryptedImages, place: Place): Promise<Outcome<Support>> {
  const made = await images.create(place, SIZE);
  if (isRefusal(made)) return made;
  const opened = await images.open(place, newKey());
  if (isRefusal(opened)) return opened;
  const canary = randomBytes(32).toString('hex');
  const file = join(dataOf(place), 'canary');
  const handle = await open(file, 'w', 0o600);
  await handle.writeFile(canary.repeat(100));
  await handle.sync();
  await handle.close();
  if (!(await readFile(file, 'utf8')).startsWith(canary))
    return storageUnsupported('what it reads is not what was written');
  const overlay = await canOverlay(run, dataOf(place));
  const closed = await images.close(place, opened.keyId);
  if (isRefusal(closed)) return closed;
  if ((await readFile(place.image)).includes(canary)) return storageUnsupported('it wrote in clear');
  const driver = parseDriver(await readFile('/proc/crypto', 'utf8')) ?? 'unknown';
  return { driver, hardware: isHardware(driver), overlay };
}

async function canOverlay(run: Runner, data: string): Promise<boolean> {
  const [lower, upper, work, on] = ['l', 'u', 'w', 'm'].map((name) => join(data, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [lower, upper, work, on]) await mkdir(path);
  const ran = await run.run(commands.mountOverlay(lower, upper, work, on));
  if (isRefusal(ran) || ran.code !== 0) return false;
  await run.run(commands.unmount(on));
  return true;
}
