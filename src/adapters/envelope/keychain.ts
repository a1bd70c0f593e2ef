import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { Secret } from '../../kernel/secret.ts';
import { rootKeyChanged, sealBroken } from './errors.ts';
import type { Keychain } from './port.ts';
import { keyId, unwrap, wrap } from './wrap.ts';

async function decrypt(identity: string, sealed: string): Promise<unknown> {
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return JSON.parse(await decrypter.decrypt(Buffer.from(sealed, 'base64'), 'text'));
  } catch {
    return undefined;
  }
}

/** Opens what was sealed for projects, with their keys as the root key wrapped them. */
export function keychain(rootKey: Buffer): Keychain {
  const rootKeyId = keyId(rootKey);
  return {
    rootKeyId,
    async createProjectKey(projectId) {
      const identity = await generateX25519Identity();
      return {
        recipient: await identityToRecipient(identity),
        wrapped: wrap(rootKey, projectId, Buffer.from(identity)),
        rootKeyId,
      };
    },
    async open(project, binding, sealed) {
      if (project.key.rootKeyId !== rootKeyId) return rootKeyChanged(project.key.rootKeyId, rootKeyId);
      const identity = unwrap(rootKey, project.id, project.key.wrapped);
      if (!identity) return sealBroken("The project's key");
      const opened = (await decrypt(identity.toString(), sealed)) as
        | { app?: unknown; name?: unknown; value?: unknown }
        | undefined;
      const { app, name, value } = opened ?? {};
      if (app !== binding.app || name !== binding.name || typeof value !== 'string')
        return sealBroken(binding.name);
      return new Secret(value);
    },
  };
}
