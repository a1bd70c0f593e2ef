import ts from 'typescript';
import { isCode, PROGRAMS, sources } from './graph.ts';
import { importsOf, lineOf, nodes, parse, type Tree } from './source.ts';

type Judge = (node: ts.Node) => string | undefined;

const judge = (files: readonly [string, string][], why: Judge): string[] =>
  files.flatMap(([path, text]) => {
    const file = parse(path, text);
    return [...nodes(file)].flatMap((node) => {
      const said = why(node);
      return said ? [`${path}:${lineOf(file, node)} ${said}`] : [];
    });
  });

const isProcessEnv: Judge = (node) =>
  ts.isPropertyAccessExpression(node) && node.getText().replaceAll(/\s/g, '') === 'process.env'
    ? 'reads process.env'
    : undefined;

/** Settings enter a program in one place, so that the rest cannot depend on what somebody exported. */
export function environmentIsReadInMainOnly(tree: Tree): string[] {
  const files = sources(tree, 'src').filter(([path]) => !path.startsWith('src/main/') && !(path in PROGRAMS));
  const imported = files.flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ specifier, names }) => /^(node:)?process$/.test(specifier) && names.includes('env'))
      .map((one) => `${path}:${one.line} imports env`),
  );
  return [...judge(files, isProcessEnv), ...imported];
}

const literal = (node: ts.Node | undefined): string | undefined =>
  node && ts.isStringLiteralLike(node) ? node.text : undefined;

const SHELL = /(^|\/)(ba|da|z|k)?sh$/;

const isShell: Judge = (node) => {
  if (ts.isPropertyAssignment(node) && node.name.getText() === 'shell')
    return node.initializer.kind === ts.SyntaxKind.FalseKeyword ? undefined : 'asks for a shell';
  if (ts.isArrayLiteralExpression(node)) {
    const words = node.elements.map(literal);
    const at = words.findIndex((word, i) => SHELL.test(word ?? '') && /^-\w*c$/.test(words[i + 1] ?? ''));
    return at < 0 ? undefined : `runs ${words[at]} ${words[at + 1]}`;
  }
  return /(^|[\s/])(ba|da|z|k)?sh -\w*c\s/.test(literal(node) ?? '') ? 'spells a shell command' : undefined;
};

/** Files whose shell is the customer's own, inside the customer's own container. */
const TENANT_SHELLS = new Set(['src/capabilities/apps/source/model.ts']);

export const noShell = (tree: Tree): string[] =>
  judge(
    sources(tree, 'src', 'stacks').filter(([path]) => !TENANT_SHELLS.has(path)),
    isShell,
  );

const BUILDERS = /^(selectFrom|insertInto|updateTable|deleteFrom|replaceInto|mergeInto|with|withRecursive)$/;
const SQL_HOME = /^src\/(db|engine)\/|\/store(\.ts$|\/)/;

const isSql: Judge = (node) => {
  if (ts.isTaggedTemplateExpression(node) && node.tag.getText().split('<')[0] === 'sql') return 'writes SQL';
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const name = node.expression.name.text;
  if (BUILDERS.test(name) && !/^with/.test(name)) return `builds a query (${name})`;
  const first = literal(node.arguments[0]);
  return name === 'query' && first !== undefined ? 'sends a query' : undefined;
};

/** One place per capability to read what it asks of the database. */
export const sqlLivesInStores = (tree: Tree): string[] =>
  judge(
    sources(tree, 'src').filter(([path]) => !SQL_HOME.test(path)),
    isSql,
  );

/** Text that becomes SQL is where injections come from. */
export const noRawSql = (tree: Tree): string[] =>
  judge(
    sources(tree, 'src').filter(([path]) => !path.startsWith('src/db/')),
    (node) =>
      ts.isPropertyAccessExpression(node) && /^sql\.(raw|lit)$/.test(node.getText())
        ? `uses ${node.getText()}`
        : undefined,
  );

const SILENCERS = /@ts-(ignore|nocheck|expect-error)|biome-ignore|eslint-disable/;

export const noSilencedChecks = (tree: Tree): string[] =>
  [...tree]
    .filter(([path]) => isCode(path) && !path.startsWith('test/architecture'))
    .flatMap(([path, text]) =>
      text
        .split('\n')
        .flatMap((line, i) => (SILENCERS.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])),
    );
