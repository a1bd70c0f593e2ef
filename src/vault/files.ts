import { open, readFile, rename } from 'node:fs/promises';
import type { z } from 'zod';

/** Reads JSON of this shape; undefined where there is no such file. Throws where it is something else. */
export async function readJson<S extends z.ZodType>(
  file: string,
  schema: S,
): Promise<z.output<S> | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

/** Replaces the file in one step: after a crash it is the old one or the new one. */
export async function writeJson(file: string, value: unknown, mode = 0o600): Promise<void> {
  const next = `${file}.next`;
  const handle = await open(next, 'w', mode);
  try {
    // Whatever the supervisor's umask is: the gate reads what the keeper wrote.
    await handle.chmod(mode);
    await handle.writeFile(JSON.stringify(value));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
}
