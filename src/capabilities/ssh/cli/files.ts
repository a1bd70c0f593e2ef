import { generateKeyPairSync } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { type Certified, SSH_PORT } from '../model.ts';
import { renderClient } from './render.ts';

/** Where things of one login are. */
export interface SshFiles {
  readonly config: string;
  readonly key: string;
  readonly certificate: string;
}

/** A key pair for one certificate, in forms that every OpenSSH reads. */
export const makeKeyPair = (): { readonly publicKey: string; readonly privateKey: string } =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/** Keeps a certificate with its key and what its gateway is known by, readable by the owner alone. */
export async function keepCertificate(
  configDir: string,
  login: {
    readonly app: string;
    readonly host: string;
    readonly pair: { readonly privateKey: string };
    readonly made: z.infer<typeof Certified>;
  },
): Promise<SshFiles> {
  const directory = join(configDir, 'ssh');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keep = async (name: string, text: string): Promise<string> => {
    const file = join(directory, name);
    await writeFile(`${file}.next`, text, { mode: 0o600 });
    await rename(`${file}.next`, file);
    return file;
  };
  const { app, host, pair, made } = login;
  await keep('known_hosts', made.knownHosts);
  return {
    config: await keep('config', renderClient({ host, port: SSH_PORT, directory })),
    key: await keep(app, pair.privateKey),
    certificate: await keep(`${app}-cert.pub`, `${made.certificate}\n`),
  };
}
