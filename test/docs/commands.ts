import ts from 'typescript';
import { sources } from '../architecture/graph.ts';
import { nodes, parse, type Tree } from '../architecture/source.ts';
import type { Page } from './pages.ts';

/** `bastide apps:create shop --project first`: the command and its options. In `git push bastide main` it names a remote. */
const USE = /(?<!git push )\bbastide ([a-z]+(?::[a-z-]+)*)((?:[ \t]+[^\s`|#]+)*)/g;
const OPTION = /(?<=^|\s)--[a-z][a-z-]+/g;

export interface Use {
  readonly where: string;
  readonly command: string;
  readonly options: readonly string[];
}

const usesIn = (where: string, text: string): Use[] =>
  [...text.matchAll(USE)].map((match) => ({
    where,
    command: match[1] ?? '',
    options: (match[2] ?? '').match(OPTION) ?? [],
  }));

/** Code of a page: its blocks and its `inline` words. Prose that begins with the name is no command. */
const codeOf = (text: string): string =>
  [...text.matchAll(/```\w*[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g)]
    .map((match) => match[1] ?? match[2])
    .join('\n');

export const usesInPages = (pages: readonly Page[]): Use[] =>
  pages
    .filter(({ path }) => !path.startsWith('docs/reference/'))
    .flatMap(({ path, text }) => usesIn(path, codeOf(text)));

/** Commands that our refusals and summaries tell people to type. */
export const usesInSource = (tree: Tree): Use[] =>
  sources(tree, 'src').flatMap(([path, text]) =>
    [...nodes(parse(path, text))].flatMap((node) =>
      // `See: bastide releases` is told to people; `bastide registry` is the name of a certificate.
      (ts.isStringLiteralLike(node) || ts.isTemplateMiddleOrTemplateTail(node) || ts.isTemplateHead(node)) &&
      /(: |`)bastide /.test(node.text)
        ? usesIn(path, node.text)
        : [],
    ),
  );

/** What is told to people and not in the reference of the command line. */
export function unknownCommands(uses: readonly Use[], reference: string): string[] {
  const known = new Set(usesIn('', reference).map(({ command }) => command));
  const options = new Set(reference.match(/--[a-z][a-z-]+/g) ?? []);
  return uses.flatMap(({ where, command, options: given }) => [
    ...(known.has(command) ? [] : [`${where} says bastide ${command}`]),
    ...given
      .filter((option) => !options.has(option))
      .map((option) => `${where}: ${command} has no ${option}`),
  ]);
}
