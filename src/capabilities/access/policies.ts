import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** All policies as one text, in the order of their file names. They lie beside this file, or beside the bundle. */
export async function readPolicies(dir = join(import.meta.dirname, 'policies')): Promise<string> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.cedar')).sort();
  if (names.length === 0) throw new Error(`no policies in ${dir}`);
  return (await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')))).join('\n');
}
