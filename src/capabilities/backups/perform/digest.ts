import { openBelow } from '../../../adapters/below/directory.ts';
import { contentHash } from '../tree.ts';

export interface FileDigest {
  readonly name: string;
  /** Hex, of what is in it. */
  readonly sha256: string;
}

/**
 * What is in plain files right below a directory, read through open directories alone. `names`: those, instead of all that
 * are there; `known` ones are not read again. What is no plain file is left out.
 */
export async function digestsIn(
  { root, path }: { readonly root: string; readonly path: string },
  names?: readonly string[],
  known: ReadonlyMap<string, string> = new Map(),
): Promise<FileDigest[]> {
  const directory = await openBelow(root, path);
  if (!directory) return [];
  const found: FileDigest[] = [];
  try {
    for (const name of names ?? (await directory.names()).map(String)) {
      const sha256 = known.get(name) ?? (await read(name));
      if (sha256 !== undefined) found.push({ name, sha256 });
    }
  } finally {
    await directory.close();
  }
  return found;

  async function read(name: string): Promise<string | undefined> {
    const file = await directory!.file(name);
    return file && contentHash(file).finally(() => file.close());
  }
}
