import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { keyDestroyed, rootKeyMissing, sealBroken } from './errors.ts';
import type { Binding, Keychain, ProjectKey, ProjectKeys, RootKeys } from './port.ts';
import { keyIdOf, splitSealed } from './seal.ts';

async function decrypt(identity: string, body: string): Promise<unknown> {
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return JSON.parse(await decrypter.decrypt(Buffer.from(body, 'base64'), 'text'));
  } catch {
    return undefined;
  }
}

/** The value, where it was sealed for this binding. Texts from before the binding was widened say `app` for `owner`. */
function valueFor(binding: Binding, opened: unknown): string | undefined {
  const { owner, app, name, value } = (opened ?? {}) as Record<string, unknown>;
  const same = (owner ?? app) === binding.owner && name === binding.name;
  return same && typeof value === 'string' ? value : undefined;
}

/** The generations that may open a text: the one that it names, or all where it names none. */
function candidates(project: ProjectKeys, keyId: string | undefined): readonly ProjectKey[] {
  return keyId === undefined ? project.keys : project.keys.filter((key) => key.keyId === keyId);
}

/** Opens what was sealed for projects, with their keys as a root key wrapped them. */
export function keychain(roots: RootKeys): Keychain {
  const identityOf = async (projectId: string, key: ProjectKey): Promise<Outcome<Buffer>> => {
    if (!key.wrapped) return keyDestroyed("The project's key");
    const ids = await roots.ids();
    if (isRefusal(ids)) return ids;
    if (!ids.includes(key.rootKeyId)) return rootKeyMissing(key.rootKeyId, ids);
    const identity = await roots.unwrap(key.rootKeyId, projectId, key.wrapped);
    return identity ?? sealBroken("The project's key");
  };
  return {
    async createProjectKey(projectId) {
      const identity = await generateX25519Identity();
      const recipient = await identityToRecipient(identity);
      const made = await roots.wrap(projectId, Buffer.from(identity));
      if (isRefusal(made)) return made;
      return { recipient, keyId: keyIdOf(recipient), wrapped: made.wrapped, rootKeyId: made.keyId };
    },
    async open(project, binding, sealed) {
      const { keyId, body } = splitSealed(sealed);
      const keys = candidates(project, keyId);
      const alive = keys.filter((key) => key.wrapped);
      if (keys.length > 0 && alive.length === 0) return keyDestroyed(binding.name);
      for (const key of alive) {
        const identity = await identityOf(project.id, key);
        if (isRefusal(identity)) return identity;
        const value = valueFor(binding, await decrypt(identity.toString(), body));
        if (value !== undefined) return new Secret(value);
      }
      return sealBroken(binding.name);
    },
    async rewrap(projectId, key) {
      const identity = await identityOf(projectId, key);
      if (isRefusal(identity)) return identity;
      const made = await roots.wrap(projectId, identity);
      return isRefusal(made) ? made : { ...key, wrapped: made.wrapped, rootKeyId: made.keyId };
    },
  };
}
