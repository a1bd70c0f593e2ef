import { createHash, X509Certificate } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { openDirectory } from '../../adapters/below/directory.ts';
import { readText, writeFiles } from '../../adapters/below/files.ts';
import { walk } from '../../adapters/below/walk.ts';
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
  const texts = Object.entries(files).map(([name, content]) => [
    name,
    content instanceof Secret ? content.reveal() : content,
  ]);
  return written(() => writeFiles(directory, Object.fromEntries(texts), { mode: SERVER_ONLY, owner }));
}

async function written(work: () => Promise<void>): Promise<Outcome<void>> {
  try {
    await work();
  } catch (error) {
    return databaseFilesFailed(error instanceof Error ? error.message : String(error));
  }
}

/** What a file says that is no link and no pipe, whoever put it there. */
async function textOf(directory: string, name: string): Promise<string> {
  const here = await openDirectory(directory);
  try {
    const text = here && (await readText(here, name));
    if (text === undefined) throw new Error(`${name} is no file of ours`);
    return text;
  } finally {
    await here?.close();
  }
}

/** All files that do not change by themselves are as they should be, and the certificate is good for a while. */
async function configured(directory: string, files: ConfigFiles, now: number): Promise<boolean> {
  try {
    for (const [name, content] of Object.entries(files)) {
      const there = await textOf(directory, name);
      if (content instanceof Secret || /BEGIN CERTIFICATE/.test(content)) continue;
      if (there !== content) return false;
    }
    const certificate = new X509Certificate(await textOf(directory, CERTIFICATE));
    return Date.parse(certificate.validTo) - RENEW_MS > now;
  } catch {
    return false;
  }
}

/** Holes count nothing, links are not followed. */
async function used(path: string): Promise<number> {
  const top = await openDirectory(path);
  if (!top) return 0;
  try {
    let blocks = (await top.stats()).blocks;
    for await (const { stats } of walk(top)) blocks += stats.blocks;
    return Number(blocks) * 512;
  } finally {
    await top.close();
  }
}

/** Beside the certificate: the hash of the one that the server read last. Root's, and none of the server's files. */
const SERVED = 'served.sha256';

const hashOf = async (directory: string): Promise<string> =>
  createHash('sha256')
    .update(await textOf(directory, CERTIFICATE))
    .digest('hex');

async function served(directory: string): Promise<boolean> {
  try {
    return (await textOf(directory, SERVED)) === (await hashOf(directory));
  } catch {
    return false;
  }
}

const noteServed = (directory: string): Promise<Outcome<void>> =>
  written(async () =>
    writeFiles(
      directory,
      { [SERVED]: await hashOf(directory) },
      { mode: 0o600, owner: process.getuid?.() ?? 0 },
    ),
  );

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
