import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Rendered } from './render.ts';
import type { EdgeSettings } from './settings.ts';

/** What was there before, so that it can be put back: path to content, or nothing where there was no file. */
export type Before = ReadonlyMap<string, string | undefined>;

const read = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** Readable by the load balancer's group and by nobody else; a reader sees the old text or the new. */
async function put(file: string, text: string, gid: number): Promise<void> {
  const next = `${file}.next`;
  await writeFile(next, text, { mode: 0o640 });
  await chmod(next, 0o640);
  await chown(next, 0, gid);
  await rename(next, file);
}

/** Writes what differs and removes certificates that are no longer wanted; answers what was there before. */
export async function writeFiles(settings: EdgeSettings, rendered: Rendered): Promise<Before> {
  const before = new Map<string, string | undefined>();
  for (const directory of [settings.files, join(settings.files, 'certs'), join(settings.files, 'pages')]) {
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await chown(directory, 0, settings.gid);
  }
  for (const [file, text] of rendered.files) {
    const old = await read(file);
    if (old === text) continue;
    before.set(file, old);
    await put(file, text, settings.gid);
  }
  for (const name of await readdir(join(settings.files, 'certs'))) {
    const file = join(settings.files, 'certs', name);
    if (rendered.files.has(file) || !file.endsWith('.pem')) continue;
    before.set(file, await read(file));
    await rm(file);
  }
  return before;
}

/** Puts back what `writeFiles` replaced. */
export async function restoreFiles(settings: EdgeSettings, before: Before): Promise<void> {
  for (const [file, text] of before) {
    await mkdir(dirname(file), { recursive: true });
    if (text === undefined) await rm(file, { force: true });
    else await put(file, text, settings.gid);
  }
}
