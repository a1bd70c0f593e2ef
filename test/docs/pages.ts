import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page of documentation: where it is and what it says. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

const WHERE = [
  '*.md',
  'docs/**/*.md',
  'src/**/*.md',
  'controls/**/*.md',
  'packaging/**/*.md',
  'examples/*.md',
];

/** Every Markdown page of the repository. */
export const pagesOf = (root: string): Page[] =>
  globSync(WHERE, { cwd: root })
    .filter((path) => !path.includes('node_modules'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

export interface Block {
  readonly page: string;
  readonly line: number;
  /** What follows the fence, for example `sh run`. */
  readonly info: string;
  readonly text: string;
}

/** Fenced code blocks of a page. */
export function blocksOf({ path, text }: Page): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string; lines: string[] } | undefined;
  text.split('\n').forEach((line, index) => {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence && open) {
      blocks.push({ page: path, line: open.line, info: open.info, text: open.lines.join('\n') });
      open = undefined;
    } else if (fence) open = { line: index + 1, info: fence[1]?.trim() ?? '', lines: [] };
    else open?.lines.push(line);
  });
  return blocks;
}

/** A page without its code blocks, line numbers kept. */
export const proseOf = ({ text }: Page): string[] => {
  let inside = false;
  return text.split('\n').map((line) => {
    const fence = /^\s*```/.test(line);
    if (fence) inside = !inside;
    return fence || inside ? '' : line;
  });
};
