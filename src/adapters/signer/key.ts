import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Outcome } from '../../kernel/refusal.ts';
import { signerKeyUnreadable } from './errors.ts';

const KINDS = {
  'p-256': {
    name: 'an ECDSA P-256',
    is: (key: KeyObject) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
    make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  },
  ed25519: {
    name: 'an Ed25519',
    is: (key: KeyObject) => key.asymmetricKeyType === 'ed25519',
    make: () => generateKeyPairSync('ed25519'),
  },
};

/**
 * The private key (ECDSA P-256 unless told, PKCS #8 PEM, mode 0600), made when the file is not there. Of two programs that make
 * it at once, the second takes the first one's. Refusals: `signer_key_unreadable`.
 */
export async function loadOrCreateKey(
  path: string,
  kind: keyof typeof KINDS = 'p-256',
): Promise<Outcome<KeyObject>> {
  const { name, is, make } = KINDS[kind];
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
      return is(key) ? key : signerKeyUnreadable(path, `it is not ${name} key`);
    } catch {
      return signerKeyUnreadable(path, 'it is not a private key in PEM');
    }
  };

  const there = await read();
  if (there) return there;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const { privateKey } = make();
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
