import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { rootKeyMissing, sealBroken } from './errors.ts';
import type { RootKeys } from './port.ts';
import { joinSealed, splitSealed } from './seal.ts';

/**
 * A secret of the platform itself as text: `<root key id>.<base64>`. `about` says what it is (`vault:<id>`) and is
 * needed to open it. Columns with such texts are listed in capabilities/keys/sealed.ts, so that a new root key takes over.
 */
export async function wrapText(roots: RootKeys, about: string, secret: Secret): Promise<Outcome<string>> {
  const made = await roots.wrap(about, Buffer.from(secret.reveal()));
  return isRefusal(made) ? made : joinSealed(made.keyId, made.wrapped.toString('base64'));
}

/** Refuses `root_key_missing` and `seal_broken`. */
export async function openText(roots: RootKeys, about: string, text: string): Promise<Outcome<Secret>> {
  const { keyId = '', body } = splitSealed(text);
  const ids = await roots.ids();
  if (isRefusal(ids)) return ids;
  if (!ids.includes(keyId)) return rootKeyMissing(keyId, ids);
  const plain = await roots.unwrap(keyId, about, Buffer.from(body, 'base64'));
  if (isRefusal(plain)) return plain;
  return plain ? new Secret(plain.toString()) : sealBroken(about);
}
