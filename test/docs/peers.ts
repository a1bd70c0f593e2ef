import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { Page } from './pages.ts';

/** Where a row of docs/security/peer-failures.md says what was tried: a link to a file, then the name of a test of it. */
const TRIED = /\[`[^`]+`\]\(([^)]+)\) “([^”]+)”/g;

/** Rows of the tables, without headings and rules. */
const rowsOf = (text: string): { line: number; row: string }[] =>
  text
    .split('\n')
    .map((row, index) => ({ line: index + 1, row }))
    .filter(({ row }) => /^\|/.test(row) && !/^\|\s*(-|record\b)/.test(row));

/** How many failures the page has. */
export const peerFailures = ({ text }: Page): number => rowsOf(text).length;

/** What is wrong with the page: a failure without a test, a test that is not there. */
export function untried(root: string, page: Page): string[] {
  return rowsOf(page.text).flatMap(({ line, row }) => {
    const tried = [...row.matchAll(TRIED)];
    if (tried.length === 0) return [`${page.path}:${line} names no test`];
    return tried.flatMap(([, link = '', name = '']) => {
      const file = normalize(join(root, page.path, '..', link));
      if (!existsSync(file)) return [`${page.path}:${line} names ${link}, which is not there`];
      const text = readFileSync(file, 'utf8').replaceAll("\\'", "'");
      const there = ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`));
      return there ? [] : [`${page.path}:${line}: ${link} has no test “${name}”`];
    });
  });
}
