import { generateKeyPairSync } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import { vpnFileExists } from '../errors.ts';
import type { ServerEnd } from '../model.ts';

const base64 = (url: string | undefined): string => Buffer.from(url ?? '', 'base64url').toString('base64');

/** A pair of keys as WireGuard writes them, made on this computer. */
export function makeKeys(): { privateKey: Secret; publicKey: string } {
  const { d, x } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return { privateKey: new Secret(base64(d)), publicKey: base64(x) };
}

/** A configuration as wg-quick(8) takes it; without a private key there is a place for it. */
export const configText = (address: string, server: ServerEnd, privateKey?: Secret): Secret =>
  new Secret(`# The network of Bastide's operators, for this computer alone.
[Interface]
${privateKey ? `PrivateKey = ${privateKey.reveal()}` : '# PrivateKey = (yours, which nobody else has)'}
Address = ${address}/32

[Peer]
PublicKey = ${server.publicKey}
Endpoint = ${server.endpoint}
AllowedIPs = ${server.address}/32
PersistentKeepalive = 25
`);

/**
 * Writes what `make` answers into a new file that only its owner reads; where that refuses there is none. Refuses
 * `vpn_file_exists`, before anything else is done.
 */
export async function intoNewFile<T extends { readonly text: Secret }>(
  path: string,
  make: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => error);
  if (file instanceof Error) return vpnFileExists(path, file.code ?? file.message);
  let made: Outcome<T> | undefined;
  try {
    made = await make();
    if (!isRefusal(made)) await file.writeFile(made.text.reveal());
    return made;
  } finally {
    await file.close();
    if (made === undefined || isRefusal(made)) await rm(path, { force: true });
  }
}
