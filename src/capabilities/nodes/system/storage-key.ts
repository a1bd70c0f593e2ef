import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openText, wrapText } from '../../../adapters/envelope/platform.ts';
import type { RootKeys } from '../../../adapters/envelope/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import { storageKeyMissing } from './errors.ts';
import { ensureFile } from './files.ts';

const ABOUT = 'platform storage';
const KEY_BYTES = 64;
const PRIVATE = { uid: 0, gid: 0, mode: 0o600 };

const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

async function save(roots: RootKeys, file: string, key: Secret): Promise<Outcome<void>> {
  const wrapped = await wrapText(roots, ABOUT, key);
  if (isRefusal(wrapped)) return wrapped;
  await ensureFile(file, `${wrapped}\n`, PRIVATE);
}

/** The platform's storage key, wrapped by the root key in `file`; made where `isNew`, refused as missing otherwise. */
export async function platformStorageKey(
  roots: RootKeys,
  file: string,
  isNew: boolean,
): Promise<Outcome<Secret>> {
  const there = await textOf(file);
  if (there !== undefined) return openText(roots, ABOUT, there.trim());
  if (!isNew) return storageKeyMissing(file);
  const saved = await save(roots, file, new Secret(randomBytes(KEY_BYTES).toString('base64')));
  return isRefusal(saved) ? saved : platformStorageKey(roots, file, false);
}

/** Wraps the key anew with the current root key; nothing where it is, or where there is none. */
export async function rewrapStorageKey(roots: RootKeys, file: string): Promise<Outcome<void>> {
  const text = await textOf(file);
  if (text === undefined) return;
  const ids = await roots.ids();
  if (isRefusal(ids)) return ids;
  if (text.startsWith(`${ids.at(-1)}.`)) return;
  const key = await openText(roots, ABOUT, text.trim());
  return isRefusal(key) ? key : save(roots, file, key);
}

/** Root keys whose rotation takes the platform's storage key along: none is destroyed while it wraps that. */
export const carryingStorageKey = (roots: RootKeys, file: string): RootKeys => ({
  ...roots,
  async add() {
    const added = await roots.add();
    if (isRefusal(added)) return added;
    const carried = await rewrapStorageKey(roots, file);
    return isRefusal(carried) ? carried : added;
  },
  async destroy(keyId) {
    const carried = await rewrapStorageKey(roots, file);
    return isRefusal(carried) ? carried : roots.destroy(keyId);
  },
});
