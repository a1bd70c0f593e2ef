import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isRefusal, type Outcome, Refusal } from '../../kernel/refusal.ts';
import type { Runner } from '../exec/port.ts';
import { runOrRefuse } from '../exec/run.ts';
import { packPackage } from './commands.ts';

export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity, as a lockfile spells it: `sha512-…`. */
  readonly integrity: string;
}

export const integrityOf = (bytes: Uint8Array): string =>
  `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

export const npmAltered = ({ name, version }: PinnedPackage): Refusal =>
  new Refusal(
    'npm_package_altered',
    `${name}@${version} from the npm registry is not the package that was pinned.`,
    'Do not use it. Try again later; if it stays so, the registry or the way to it changes packages.',
  );

/**
 * A published npm package as its .tgz, kept in `cacheDir` and checked against its pin each time it is used.
 * Refusals: `npm_package_altered`, `exec_failed`, `exec_not_found`, `exec_timeout`.
 */
export async function fetchPackage(
  runner: Runner,
  pinned: PinnedPackage,
  cacheDir: string,
): Promise<Outcome<Buffer>> {
  await mkdir(cacheDir, { recursive: true });
  const kept = join(cacheDir, `${pinned.name.replace('/', '-')}-${pinned.version}.tgz`);
  const cached = await readFile(kept).catch(() => undefined);
  if (cached && integrityOf(cached) === pinned.integrity) return cached;

  const tmp = await mkdtemp(join(cacheDir, '.fetch-'));
  try {
    const ran = await runOrRefuse(runner, packPackage(pinned.name, pinned.version, tmp, homedir()));
    if (isRefusal(ran)) return ran;
    const [file] = await readdir(tmp);
    const bytes = file === undefined ? Buffer.alloc(0) : await readFile(join(tmp, file));
    if (integrityOf(bytes) !== pinned.integrity) return npmAltered(pinned);
    await rename(join(tmp, file!), kept);
    return bytes;
  } finally {
    await rm(tmp, { recursive: true, force: true });
  }
}
