import { randomBytes } from 'node:crypto';
import { chmod, chown, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Secret } from '../../../kernel/secret.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** A directory with this owner and mode; what is in it stays as it is. */
export async function ensureDirectory(path: string, { uid, gid, mode }: Owner): Promise<void> {
  await mkdir(path, { recursive: true });
  const now = await stat(path);
  if (now.uid !== uid || now.gid !== gid) await chown(path, uid, gid);
  if ((now.mode & 0o7777) !== mode) await chmod(path, mode);
}

/** A file with this content, owner and mode, swapped in whole; says whether anything changed. */
export async function ensureFile(path: string, content: string, { uid, gid, mode }: Owner): Promise<boolean> {
  const now = await stat(path).catch(() => undefined);
  if (
    now?.uid === uid &&
    now.gid === gid &&
    (now.mode & 0o7777) === mode &&
    (await readFile(path, 'utf8')) === content
  ) {
    return false;
  }
  const temporary = await writeBeside(path, content, { uid, gid, mode });
  await rename(temporary, path);
  return true;
}

/**
 * A secret that is made once (256 random bits, root only) and read from then on. Where two make it at the same time,
 * the first one's stays.
 */
export async function ensureSecret(path: string): Promise<Secret> {
  const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing !== undefined) return new Secret(existing.trim());
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const made = randomBytes(32).toString('base64url');
  const temporary = await writeBeside(path, made, { uid: 0, gid: 0, mode: 0o600 });
  await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(temporary);
  return new Secret((await readFile(path, 'utf8')).trim());
}

async function writeBeside(path: string, content: string, { uid, gid, mode }: Owner): Promise<string> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(content);
    if (uid !== 0 || gid !== 0) await handle.chown(uid, gid);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}
