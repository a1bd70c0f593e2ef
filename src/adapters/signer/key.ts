import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Outcome } from '../../kernel/refusal.ts';
import { signerKeyUnreadable } from './errors.ts';

/**
 * The private key (ECDSA P-256, PKCS #8 PEM, mode 0600), made when the file is not there. Of two programs that make
 * it at once, the second takes the first one's. Refusals: `signer_key_unreadable`.
 */
export async function loadOrCreateKey(path: string): Promise<Outcome<KeyObject>> {
  const read = async (): Promise<Outcome<KeyObject> | undefined> => {
    const pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      return error;
    });
    if (pem === undefined) return undefined;
    if (typeof pem !== 'string') return signerKeyUnreadable(path, pem.message);
    if (((await stat(path)).mode & 0o077) !== 0) return signerKeyUnreadable(path, 'others may read it');
    try {
      const key = createPrivateKey(pem);
      const curve = key.asymmetricKeyDetails?.namedCurve;
      return curve === 'prime256v1' ? key : signerKeyUnreadable(path, 'it is not an ECDSA P-256 key');
    } catch {
      return signerKeyUnreadable(path, 'it is not a private key in PEM');
    }
  };

  const there = await read();
  if (there) return there;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const part = `${path}.${randomUUID()}`;
  const file = await open(part, 'wx', 0o600);
  await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await file.sync();
  await file.close();
  await chmod(part, 0o600);
  // A link, unlike a rename, never replaces a key that somebody else made meanwhile.
  await link(part, path).catch(() => {});
  await rm(part);
  return (await read()) ?? signerKeyUnreadable(path, 'it could not be written');
}
