import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Outcome } from '../../kernel/refusal.ts';
import { rootKeyInvalid } from './errors.ts';
import { KEY } from './wrap.ts';

const isCode = (error: unknown, code: string) => (error as { code?: unknown }).code === code;

/** Writes a new root key, 0600, and never over one that is there. */
async function create(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(KEY).toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The platform's root key from its file; made at the first start. Refuses `root_key_invalid`. */
export async function loadRootKey(file: string): Promise<Outcome<Buffer>> {
  try {
    await create(file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
  return key.length === KEY ? key : rootKeyInvalid(file);
}
