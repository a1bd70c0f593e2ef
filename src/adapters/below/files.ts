import { openDirectory } from './directory.ts';
import type { Directory, Given } from './port.ts';

/** The text of a plain file; undefined where it is none, or longer than `limit` bytes. */
export async function readText(
  from: Directory,
  name: string,
  limit = 1024 * 1024,
): Promise<string | undefined> {
  const handle = await from.file(name);
  if (!handle) return undefined;
  try {
    if ((await handle.stat()).size > limit) return undefined;
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Writes files into the directory at a path of ours. */
export async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string>>,
  of: Given,
): Promise<void> {
  const into = await openDirectory(directory);
  if (!into) throw new Error(`${directory} is no directory`);
  try {
    for (const [name, content] of Object.entries(files)) await into.write(name, content, of);
  } finally {
    await into.close();
  }
}
