import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Runner } from '../exec/port.ts';
import { runOrRefuse } from '../exec/run.ts';
import { packPackage } from './commands.ts';
import { npmAltered } from './errors.ts';
import type { NpmPackages, PinnedPackage } from './port.ts';

export const integrityOf = (bytes: Uint8Array): string =>
  `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

/** Packages from the npm registry, kept in `cacheDir`. */
export const makeNpm = (runner: Runner, cacheDir: string): NpmPackages => ({
  fetch: (pinned) => fetchPackage(runner, pinned, cacheDir),
});

async function fetchPackage(
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
