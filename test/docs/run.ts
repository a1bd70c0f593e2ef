import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Block } from './pages.ts';

const COPIED = [
  'src',
  'test',
  'packaging',
  'controls',
  'stacks',
  'examples',
  'package.json',
  'vitest.config.ts',
];
const ALSO = ['tsconfig.json', 'biome.json', 'docs'];

/** First words of the lines that a page may have run for it: nothing that needs root, a network or a platform. */
const SAFE =
  /^(node|npx vitest run|npx tsc|npx biome check|packaging\/bin\/bastide|\.\/bastide|bastide|ls|cat|cd|mkdir)\b/;

/** Lines of a block that must not run on a reader's machine without being asked. */
export const unsafeLines = (block: Block): string[] =>
  block.text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*#/.test(line) && !SAFE.test(line.trim()));

/** A copy of the repository to run documentation in; dispose of it with `await using`. */
export async function scratchCopy(root: string): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'bastide-docs-'));
  const remove = () => rm(path, { recursive: true, force: true });
  try {
    for (const name of [...COPIED, ...ALSO])
      await cp(join(root, name), join(path, name), {
        recursive: true,
        filter: (from) => !from.includes('node_modules'),
      });
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'));
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: remove };
}

/** Runs a block as a reader would and throws with its output if a line of it fails. */
export async function runBlock(block: Block, cwd: string): Promise<string> {
  const path = [dirname(process.execPath), join(cwd, 'packaging/bin'), join(cwd, 'node_modules/.bin')].join(
    ':',
  );
  const env = { PATH: `${path}:/usr/bin:/bin`, HOME: cwd, NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)('/bin/sh', ['-euc', block.text], {
    cwd,
    env,
    timeout: 120_000,
  });
  return stdout;
}
