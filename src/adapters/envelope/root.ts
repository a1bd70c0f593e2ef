import { hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { rootKeyCurrent, rootKeyGiven, rootKeyInvalid } from './errors.ts';
import type { RootKeys } from './port.ts';
import { KEY, keyId, unwrap, wrap } from './wrap.ts';

const isCode = (error: unknown, code: string) => (error as { code?: unknown }).code === code;

/** Root keys as text: one in base64 a line, oldest first. */
export const renderRootKeys = (keys: readonly Buffer[]): string =>
  keys.map((key) => `${key.toString('base64')}\n`).join('');

/** Reads root keys from their text; undefined where a line is not a key or there is none. */
export function parseRootKeys(text: string): readonly Buffer[] | undefined {
  const lines = text.split('\n').flatMap((line) => line.trim() || []);
  const keys = lines.map((line) => Buffer.from(line, 'base64'));
  return keys.length > 0 && keys.every((key) => key.length === KEY) ? keys : undefined;
}

/** What a set of keys does, wherever they are kept. */
export function rootKeysOver(store: {
  read(): Promise<Outcome<readonly Buffer[]>>;
  write(keys: readonly Buffer[]): Promise<Outcome<void>>;
}): RootKeys {
  return {
    async ids() {
      const keys = await store.read();
      return isRefusal(keys) ? keys : keys.map(keyId);
    },
    async wrap(about, plain) {
      const keys = await store.read();
      if (isRefusal(keys)) return keys;
      const current = keys.at(-1)!;
      return { keyId: keyId(current), wrapped: wrap(current, about, plain) };
    },
    async unwrap(id, about, wrapped) {
      const keys = await store.read();
      if (isRefusal(keys)) return keys;
      const key = keys.find((one) => keyId(one) === id);
      return key && unwrap(key, about, wrapped);
    },
    async derive(id, purpose) {
      const keys = await store.read();
      if (isRefusal(keys)) return keys;
      const key = keys.find((one) => keyId(one) === id);
      return key && Buffer.from(hkdfSync('sha256', key, 'bastide root key', purpose, KEY));
    },
    async add() {
      const keys = await store.read();
      if (isRefusal(keys)) return keys;
      const key = randomBytes(KEY);
      const written = await store.write([...keys, key]);
      return isRefusal(written) ? written : keyId(key);
    },
    async destroy(id) {
      const keys = await store.read();
      if (isRefusal(keys)) return keys;
      if (keyId(keys.at(-1)!) === id) return rootKeyCurrent();
      const left = keys.filter((key) => keyId(key) !== id);
      return left.length === keys.length ? undefined : store.write(left);
    },
  };
}

/** The text in a new file beside `file`, for root alone and on disk. */
async function beside(file: string, text: string): Promise<string> {
  const next = `${file}.new`;
  const handle = await open(next, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return next;
}

async function syncDirectory(file: string): Promise<void> {
  const directory = await open(dirname(file));
  await directory.sync().finally(() => directory.close());
}

/** The first key, never over one that is there. */
async function create(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const next = await beside(file, renderRootKeys([randomBytes(KEY)]));
  await link(next, file).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
  await rm(next, { force: true });
  await syncDirectory(file);
}

/**
 * Puts the text in the file's place, whole or not at all, and then overwrites what the old file held: the best that
 * can be done from here, for a journal or a flash disk may keep a copy.
 */
async function replace(file: string, text: string): Promise<void> {
  const old = await open(file, 'r+');
  try {
    await rename(await beside(file, text), file);
    await syncDirectory(file);
    await old.write(randomBytes((await old.stat()).size), 0);
    await old.sync();
  } finally {
    await old.close();
  }
}

/** The root keys in a file of ours, 0600; the first is made at the first start, and never over what is there. */
export function rootKeyFile(file: string): RootKeys {
  const text = () =>
    readFile(file, 'utf8').catch((error: unknown) => {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    });
  return rootKeysOver({
    async read() {
      let found = await text();
      if (found === undefined) {
        await create(file);
        found = await text();
      }
      return parseRootKeys(found ?? '') ?? rootKeyInvalid(file);
    },
    write: (keys) => replace(file, renderRootKeys(keys)).then(() => undefined),
  });
}

/** Root keys that are given at start from outside, through a file or a file descriptor (`/dev/fd/3`): read once. */
export async function givenRootKeys(file: string): Promise<Outcome<RootKeys>> {
  const keys = parseRootKeys(await readFile(file, 'utf8').catch(() => ''));
  if (!keys) return rootKeyInvalid(file);
  return rootKeysOver({ read: async () => keys, write: async () => rootKeyGiven() });
}
