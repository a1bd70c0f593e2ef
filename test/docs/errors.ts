import ts from 'typescript';
import { sources } from '../architecture/graph.ts';
import { nodes, parse, type Tree } from '../architecture/source.ts';

const CODE = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/;

/** Codes of every `new Refusal('code', …)` in src/, each with a file that makes it. */
export function codesInSource(tree: Tree): Map<string, string> {
  const codes = new Map<string, string>();
  for (const [path, text] of sources(tree, 'src')) {
    for (const node of nodes(parse(path, text))) {
      if (!ts.isNewExpression(node) || node.expression.getText() !== 'Refusal') continue;
      const [code] = node.arguments ?? [];
      if (code && ts.isStringLiteralLike(code)) codes.set(code.text, path);
    }
  }
  return codes;
}

/** Codes that the reference explains: the first cell of a table row, or a heading. */
export const codesInDocs = (page: string): Set<string> =>
  new Set(
    page
      .split('\n')
      .flatMap(
        (line) => /^(?:\||#+)\s*(?:<a[^>]*><\/a>)?\s*`?([a-z0-9_]+)`?\s*(?:\||$)/.exec(line)?.[1] ?? [],
      )
      .filter((word) => CODE.test(word)),
  );

/** What one side knows and the other does not; and codes that break the form. */
export function disagreements(source: ReadonlyMap<string, string>, docs: ReadonlySet<string>): string[] {
  return [
    ...[...source]
      .filter(([code]) => !docs.has(code))
      .map(([code, path]) => `${code} (${path}) is not in the reference`),
    ...[...docs]
      .filter((code) => !source.has(code))
      .map((code) => `${code} is explained and nothing makes it`),
    ...[...source]
      .filter(([code]) => !CODE.test(code))
      .map(([code, path]) => `${code} (${path}) is not area_what`),
  ];
}
