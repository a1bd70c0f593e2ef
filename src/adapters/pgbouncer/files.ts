import { chmod, chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../../kernel/refusal.ts';
import { filesUnwritable } from './errors.ts';

/**
 * Writes what differs, readable by the gateway's user alone, each file beside and renamed; answers whether any differed.
 * Refusal: `gateway_files_unwritable`.
 */
export async function writeFiles(
  directory: string,
  uid: number,
  files: Readonly<Record<string, string>>,
): Promise<Outcome<boolean>> {
  let changed = false;
  try {
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await chmod(directory, 0o750);
    await chown(directory, 0, uid);
    for (const [name, text] of Object.entries(files)) {
      const file = join(directory, name);
      if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
      changed = true;
      await writeFile(`${file}.next`, text, { mode: 0o400 });
      await chmod(`${file}.next`, 0o400);
      await chown(`${file}.next`, uid, uid);
      await rename(`${file}.next`, file);
    }
    return changed;
  } catch (error) {
    return filesUnwritable(directory, (error as Error).message);
  }
}
