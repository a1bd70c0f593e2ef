import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../../kernel/refusal.ts';
import { filesUnwritable } from './errors.ts';

/**
 * The directory has these files and no others, each readable by the user alone, who comes with the group, written beside and renamed.
 * Refusal: `ssh_files_unwritable`.
 */
export async function writeExactly(
  directory: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Outcome<void>> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o710 });
    // The group goes through, to files that it cannot read; nobody but root lists or changes them.
    await chown(directory, 0, gid);
    await chmod(directory, 0o710);
    for (const name of await readdir(directory))
      if (!Object.hasOwn(files, name)) await rm(join(directory, name), { recursive: true, force: true });
    for (const [name, content] of Object.entries(files)) {
      const file = join(directory, name);
      const there = await readFile(file).catch(() => undefined);
      const wanted = typeof content === 'string' ? Buffer.from(content) : content;
      if (there?.equals(wanted)) continue;
      await writeFile(`${file}.next`, content, { mode: 0o400 });
      await chown(`${file}.next`, uid, gid);
      await rename(`${file}.next`, file);
    }
    return undefined;
  } catch (error) {
    return filesUnwritable(directory, (error as Error).message);
  }
}
