import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Memory } from './firewall.ts';

/** Remembers in a file. It belongs below /run: after a boot the tables are gone and so is what they looked like. */
export const makeFileMemory = (path: string): Memory => ({
  async read() {
    const text = await readFile(path, 'utf8').catch(() => '{}');
    const parsed: unknown = JSON.parse(text);
    return parsed && typeof parsed === 'object' ? (parsed as Record<string, string>) : {};
  },
  async write(entries) {
    await mkdir(dirname(path), { recursive: true, mode: 0o711 });
    await writeFile(`${path}.new`, JSON.stringify(entries), { mode: 0o600 });
    await rename(`${path}.new`, path);
  },
});
