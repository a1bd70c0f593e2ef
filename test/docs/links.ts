import { existsSync, globSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Page, proseOf } from './pages.ts';

/** The anchor that a heading gets. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[`*]|\[|\]|\(.*?\)/g, '')
    .trim()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

const anchorsOf = (page: Page): Set<string> =>
  new Set(
    proseOf(page)
      .flatMap((line) => /^#+\s+(.*)$/.exec(line)?.[1] ?? [])
      .map(anchorOf),
  );

interface Link {
  readonly target: string;
  readonly line: number;
}

const linksOf = (page: Page): Link[] =>
  proseOf(page).flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ target: match[1] ?? '', line: index + 1 })),
  );

/** Links of the repository to itself that lead nowhere. Links to the outside are not followed. */
export function brokenLinks(root: string, pages: readonly Page[]): string[] {
  const known = new Map(pages.map((page) => [page.path, anchorsOf(page)]));
  return pages.flatMap((page) =>
    linksOf(page).flatMap(({ target, line }) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
      const where = `${page.path}:${line}`;
      if (file !== '' && !existsSync(join(root, path)))
        return [`${where} leads to ${target}, which is not there`];
      return anchor && known.has(path) && !known.get(path)?.has(anchor)
        ? [`${where} leads to #${anchor}, which ${path} does not have`]
        : [];
    }),
  );
}

/** Files that a customer's source has, not we. */
const THEIRS = new Set(['app.json', 'bastide.yaml', 'package.json', 'pyproject.toml', 'composer.json']);

const looksLikePath = (word: string): boolean =>
  /^[\w.@*-]+(\/[\w.@*-]+)+\/?$|^[\w.-]+\.(ts|md|json|yaml|mjs|sql)$|^[\w.-]+\/$/.test(word);

/** Paths that a page names in `code` or in its layout tree, and that do not exist. Globs must match something. */
export function missingPaths(root: string, page: Page): string[] {
  return [...page.text.matchAll(/`([^`\n]+)`/g)]
    .map((match) => match[1] ?? '')
    .filter((word) => looksLikePath(word) && !word.startsWith('/') && !THEIRS.has(word))
    .filter((word) =>
      [word, `src/${word}`, `src/**/${word}`].every(
        (path) => globSync(path, { cwd: root, exclude: ['node_modules/**'] }).length === 0,
      ),
    )
    .map((word) => `${page.path} names ${word}`);
}
