import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Outcome } from '../../kernel/refusal.ts';
import { witnessConflict, witnessUnreachable } from './errors.ts';
import { claimed, parseLines } from './parse.ts';
import type { Witness } from './port.ts';
import { renderLine } from './render.ts';

/**
 * A file that is only ever appended to, synced line by line: on another disk, a mount from another machine, a medium
 * that is written once. It takes no checkpoint smaller than its last one, and no other of the same size.
 */
export function fileWitness(name: string, path: string): Witness {
  async function read(): Promise<Outcome<string[]>> {
    try {
      return parseLines(await readFile(path, 'utf8'));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? [] : witnessUnreachable(name, message);
    }
  }
  return {
    name,
    held: read,
    async publish({ size, note }) {
      const notes = await read();
      if (!Array.isArray(notes)) return notes;
      const last = claimed(notes.at(-1) ?? '');
      if (last !== undefined) {
        const same = last.size === size && claimed(note)?.root.equals(last.root);
        if (same) return [];
        if (last.size >= size) return witnessConflict(name, size, last.size);
      }
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        const file = await open(path, 'a', 0o600);
        try {
          const torn = (await file.stat()).size > 0 && !(await readFile(path, 'utf8')).endsWith('\n');
          await file.writeFile(`${torn ? '\n' : ''}${renderLine(note)}`);
          await file.sync();
        } finally {
          await file.close();
        }
        return [];
      } catch (error) {
        return witnessUnreachable(name, (error as Error).message);
      }
    },
  };
}
