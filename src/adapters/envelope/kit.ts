import { armor, Decrypter, Encrypter } from 'age-encryption';
import { z } from 'zod';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { kitDamaged, kitPassphrase } from './errors.ts';
import { keyId } from './wrap.ts';

/** What is in a recovery kit: all that a fresh platform needs to find the vaults and to open what is in them. */
export const Kit = z.strictObject({
  format: z.literal('bastide recovery kit'),
  version: z.literal(1),
  madeAt: z.iso.datetime(),
  domain: z.string(),
  /** Oldest first; base64. The last one is current. */
  rootKeys: z.array(z.string()).min(1),
  vaults: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      url: z.string(),
      place: z.string(),
      ca: z.string().nullable(),
      username: z.string(),
      password: z.string(),
    }),
  ),
  /** Other files of /etc/bastide/secrets by their path there, base64: the authorities, the signing keys. */
  secrets: z.record(z.string(), z.string()),
});
export type Kit = z.infer<typeof Kit>;

/** Ids of the kit's root keys, oldest first. */
export const rootKeyIds = (kit: Kit): string[] =>
  kit.rootKeys.map((key) => keyId(Buffer.from(key, 'base64')));

/** The kit as text that can be printed: an armored age file, its key made of the passphrase by scrypt. */
export async function sealKit(kit: Kit, passphrase: Secret, workFactor = 18): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase.reveal());
  encrypter.setScryptWorkFactor(workFactor);
  return armor.encode(await encrypter.encrypt(JSON.stringify(kit)));
}

async function decrypted(text: string, passphrase: Secret): Promise<Outcome<string>> {
  let bytes: Uint8Array;
  try {
    bytes = armor.decode(text);
  } catch {
    return kitDamaged('it is no armored age file');
  }
  try {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase.reveal());
    return await decrypter.decrypt(bytes, 'text');
  } catch {
    return kitPassphrase();
  }
}

/** Refuses `kit_passphrase` (wrong, or the file was changed) and `kit_damaged`. */
export async function openKit(text: string, passphrase: Secret): Promise<Outcome<Kit>> {
  const plain = await decrypted(text, passphrase);
  if (isRefusal(plain)) return plain;
  try {
    return Kit.parse(JSON.parse(plain));
  } catch {
    return kitDamaged('its content is not that of a kit of this version');
  }
}
