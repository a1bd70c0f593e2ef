import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Tree } from './source.ts';

const FOLDERS = ['src', 'controls', 'packaging', 'stacks', 'web', 'test', 'bench'];
const SKIPPED = new Set(['node_modules', 'dist', '.cache', 'coverage', 'generated']);
const TEXT = /\.(ts|tsx|mjs|js|md)$/;

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* filesBelow(path);
    else if (entry.isFile() && TEXT.test(entry.name)) yield path;
  }
}

/** The repository as it is on disk. */
export function treeOf(root: string): Tree {
  const present = new Set(readdirSync(root));
  return new Map(
    FOLDERS.filter((name) => present.has(name))
      .flatMap((name) => [...filesBelow(join(root, name))])
      .map((path) => [relative(root, path), readFileSync(path, 'utf8')]),
  );
}
