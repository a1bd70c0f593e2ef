import { createHash, X509Certificate } from 'node:crypto';
import { chmod, chown, lstat, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigFiles } from '../../adapters/databases/port.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { DatabaseFiles } from './deps.ts';
import { databaseFilesFailed } from './errors.ts';

const SERVER_ONLY = 0o400;
const CERTIFICATE = 'server.crt';
/** A certificate is made anew this long before its end. */
const RENEW_MS = 30 * 86_400_000;

/** Writes files for a server's user, each beside and renamed, so that it never reads half of one. */
async function write(directory: string, files: ConfigFiles, owner: number): Promise<Outcome<void>> {
  try {
    for (const [name, content] of Object.entries(files)) {
      const file = join(directory, name);
      const beside = `${file}.new`;
      await writeFile(beside, content instanceof Secret ? content.reveal() : content, {
        mode: SERVER_ONLY,
      });
      await chmod(beside, SERVER_ONLY);
      await chown(beside, owner, owner);
      await rename(beside, file);
    }
  } catch (error) {
    return databaseFilesFailed(error instanceof Error ? error.message : String(error));
  }
}

/** All files that do not change by themselves are as they should be, and the certificate is good for a while. */
async function configured(directory: string, files: ConfigFiles, now: number): Promise<boolean> {
  try {
    for (const [name, content] of Object.entries(files)) {
      const there = await readFile(join(directory, name), 'utf8');
      if (content instanceof Secret || /BEGIN CERTIFICATE/.test(content)) continue;
      if (there !== content) return false;
    }
    const certificate = new X509Certificate(await readFile(join(directory, CERTIFICATE)));
    return Date.parse(certificate.validTo) - RENEW_MS > now;
  } catch {
    return false;
  }
}

/** Holes count nothing, links are not followed. */
async function used(path: string): Promise<number> {
  const there = await lstat(path).catch(() => undefined);
  if (!there) return 0;
  let bytes = there.blocks * 512;
  if (!there.isDirectory()) return bytes;
  for (const name of await readdir(path).catch(() => [])) bytes += await used(join(path, name));
  return bytes;
}

/** Beside the certificate: the hash of the one that the server read last. Root's, and none of the server's files. */
const SERVED = 'served.sha256';

const hashOf = async (directory: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(join(directory, CERTIFICATE)))
    .digest('hex');

async function served(directory: string): Promise<boolean> {
  try {
    return (await readFile(join(directory, SERVED), 'utf8')) === (await hashOf(directory));
  } catch {
    return false;
  }
}

async function noteServed(directory: string): Promise<Outcome<void>> {
  try {
    await writeFile(join(directory, SERVED), await hashOf(directory), { mode: 0o600 });
  } catch (error) {
    return databaseFilesFailed(error instanceof Error ? error.message : String(error));
  }
}

export const databaseFiles: DatabaseFiles = {
  write,
  configured,
  used,
  served,
  noteServed,
  given: (path) =>
    lstat(path).then(
      (found) => found.isDirectory() && found.uid !== 0,
      () => false,
    ),
  exists: (path) =>
    lstat(path).then(
      () => true,
      () => false,
    ),
};
