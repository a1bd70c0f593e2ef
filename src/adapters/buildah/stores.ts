import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Jails } from '../jail/port.ts';
import { pull, tag } from './commands.ts';
import { builderBroken } from './errors.ts';
import type { StackLayout } from './port.ts';
import { renderFiles } from './render.ts';

const FILL = { memoryBytes: 1024 ** 3, cpus: 2, pids: 256, diskBytes: 4 * 1024 ** 3, seconds: 300 };
const SAFE = /^[a-z0-9][a-z0-9.+~_-]{0,80}$/;

/** Where the image store of a stack version is, as a file with a file system. One for each slot: its user range owns it. */
export const storeFile = (dir: string, slot: number, stack: Pick<StackLayout, 'name' | 'version'>): string =>
  join(dir, 'stores', String(slot), `${stack.name}@${stack.version}.img`);

/**
 * Fills the read-only image store of a stack once, so that a build starts on an unpacked base. A store is complete
 * or not there: it is made under another name. Older versions of the same stack are removed.
 */
export async function ensureStore(
  deps: { readonly jails: Jails; readonly dir: string },
  slot: number,
  rootfs: string,
  stack: StackLayout,
): Promise<Outcome<string>> {
  if (!SAFE.test(stack.name) || !SAFE.test(stack.version))
    return builderBroken(`odd stack name ${stack.name}`);
  const file = storeFile(deps.dir, slot, stack);
  if (existsSync(file)) return file;
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  const jail = await deps.jails.open({
    slot,
    rootfs,
    volume: partial,
    limits: FILL,
    files: renderFiles([]),
    readOnly: { '/stack': stack.layout },
    readOnlyVolumes: {},
  });
  if (isRefusal(jail)) return jail;
  try {
    const pulled = await jail.run(pull());
    if (isRefusal(pulled)) return pulled;
    const id = pulled.tail.find((line) => /^[0-9a-f]{64}$/.test(line));
    if (pulled.code !== 0 || id === undefined) return builderBroken(pulled.tail.slice(-3).join(' '));
    const tagged = await jail.run(tag(id, stack.name, tagName(stack.version)));
    if (isRefusal(tagged)) return tagged;
    if (tagged.code !== 0) return builderBroken(tagged.tail.slice(-3).join(' '));
  } finally {
    await jail.close();
  }
  await rename(partial, file);
  for (const name of await readdir(join(deps.dir, 'stores', String(slot))))
    if (name.startsWith(`${stack.name}@`) && join(deps.dir, 'stores', String(slot), name) !== file)
      await rm(join(deps.dir, 'stores', String(slot), name), { force: true });
  return file;
}

/** A version as an image tag, which has fewer letters (distribution's reference grammar). */
const tagName = (version: string): string => version.replaceAll(/[^A-Za-z0-9_.-]/g, '-').slice(0, 128);
