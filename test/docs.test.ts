import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { treeOf } from './architecture/tree.ts';
import { unknownCommands, usesInPages, usesInSource } from './docs/commands.ts';
import { codesInDocs, codesInSource, disagreements } from './docs/errors.ts';
import { brokenLinks, missingPaths } from './docs/links.ts';
import { blocksOf, pagesOf } from './docs/pages.ts';
import { peerFailures, untried } from './docs/peers.ts';
import { runBlock, scratchCopy, unsafeLines } from './docs/run.ts';
import { wrongWords } from './docs/words.ts';

const root = join(import.meta.dirname, '..');
const pages = pagesOf(root);
const page = (path: string) => ({ path, text: readFileSync(join(root, path), 'utf8') });
const made = (text: string) => ({ path: 'made-up.md', text });

describe('the documentation', () => {
  it('names in ARCHITECTURE.md only paths that exist', () => {
    expect(missingPaths(root, page('ARCHITECTURE.md'))).toEqual([]);
    expect(missingPaths(root, made('see `src/kernel/nowhere.ts` and `src/kernel/id.ts`'))).toHaveLength(1);
  });

  it('links to pages and headings that exist', () => {
    expect(brokenLinks(root, pages)).toEqual([]);
    expect(
      brokenLinks(root, [made('[a](nowhere.md) [b](#nothing) [c](README.md)\n# Here\n[d](#here)')]),
    ).toHaveLength(2);
  });

  it('uses the words of the vocabulary, promises nothing vague, and names no path of one machine', () => {
    expect(wrongWords(pages)).toEqual([]);
    expect(wrongWords([made('a bulletproof dyno')])).toHaveLength(2);
  });

  it('explains every error code that the source makes, and no other', () => {
    const source = codesInSource(treeOf(root));
    expect(disagreements(source, codesInDocs(page('docs/reference/errors.md').text))).toEqual([]);
    expect(source.size).toBeGreaterThan(5);
    const planted = codesInSource(new Map([['src/a.ts', "new Refusal('a_new', '', '')"]]));
    expect(disagreements(planted, codesInDocs('| `an_old` | gone |'))).toHaveLength(2);
  });

  it('tells people to type commands that exist, and so do the refusals', () => {
    const reference = page('docs/reference/cli.md').text;
    expect(unknownCommands(usesInPages(pages), reference)).toEqual([]);
    expect(unknownCommands(usesInSource(treeOf(root)), reference)).toEqual([]);
    const planted = usesInPages([made('`bastide apps:creat x --nonsense`')]);
    expect(unknownCommands(planted, 'bastide apps:create')).toHaveLength(2);
  });

  it('names for every failure of another platform a test that tries it here, and the test is there', () => {
    const peers = page('docs/security/peer-failures.md');
    expect(untried(root, peers)).toEqual([]);
    expect(peerFailures(peers)).toBeGreaterThan(45);
    const planted = (row: string) =>
      untried(root, { path: peers.path, text: `| record | a |\n|---|---|\n${row}` });
    expect(planted('| CVE-1 | nothing was tried |')).toHaveLength(1);
    expect(planted('| CVE-1 | [`a`](../../src/nowhere.test.ts) “x” |')).toHaveLength(1);
    expect(planted('| CVE-1 | [`a`](../../src/kernel/id.test.ts) “a test of nothing” |')).toHaveLength(1);
  });

  it('has generated files that are current; `npm run generate` refreshes them', async () => {
    expect(existsSync(join(root, 'test/generate.ts'))).toBe(true);
    await promisify(execFile)(process.execPath, ['test/generate.ts', '--check'], { cwd: root });
  }, 60_000);
});

describe('blocks marked `sh run`', () => {
  const blocks = pages.flatMap(blocksOf).filter(({ info }) => info === 'sh run');

  it('are there, and run nothing that needs root, a network or a platform', () => {
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.flatMap(unsafeLines)).toEqual([]);
    expect(unsafeLines({ page: '', line: 1, info: 'sh run', text: '# why\nnode a.ts\nrm -r src' })).toEqual([
      'rm -r src',
    ]);
  });

  it.each(blocks.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s',
    async (_, block) => {
      await using scratch = await scratchCopy(root);
      await runBlock(block, scratch.path);
    },
    150_000,
  );

  it('fail when a line fails', async () => {
    const block = { page: '', line: 1, info: 'sh run', text: 'node -e "process.exit(3)"\nnode -e 0' };
    await expect(runBlock(block, root)).rejects.toThrow();
  });
});
