import ts from 'typescript';
import { isTest, resolve, sources } from './graph.ts';
import { importsOf, lineOf, nodes, parse, type Tree } from './source.ts';

const CODES_HOME = /\/errors(\.ts$|\/)|^src\/kernel\//;

/** A person who reads one errors.ts knows everything that an area can answer with. */
export function refusalsAreMadeInErrors(tree: Tree): string[] {
  return sources(tree, 'src')
    .filter(([path]) => !CODES_HOME.test(path))
    .flatMap(([path, text]) => {
      const file = parse(path, text);
      return [...nodes(file)]
        .filter((node) => ts.isNewExpression(node) && node.expression.getText() === 'Refusal')
        .map((node) => `${path}:${lineOf(file, node)} makes a Refusal`);
    });
}

/** The texts that an argument may come to: a literal, a template, the branches of a choice. */
const texts = (node: ts.Node | undefined): ts.Node[] => {
  if (!node) return [];
  if (ts.isConditionalExpression(node)) return [...texts(node.whenTrue), ...texts(node.whenFalse)];
  if (ts.isParenthesizedExpression(node)) return texts(node.expression);
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) ? [node] : [];
};

/** Names that are written as they are. */
const NAMES = /^(app\.json|bastide\.yaml|package\.json|stacks\/|mmdebstrap|v\$)/;

/** They are printed alone, after a code, and inside one another: a capital to begin with, no full stop to end with. */
export function refusalsReadAlike(tree: Tree): string[] {
  return sources(tree, 'src').flatMap(([path, text]) => {
    const file = parse(path, text);
    return [...nodes(file)]
      .filter((node) => ts.isNewExpression(node) && node.expression.getText() === 'Refusal')
      .flatMap((node) => texts((node as ts.NewExpression).arguments?.[1]))
      .filter((message) => {
        const words = message.getText().slice(1, -1);
        return (/^[a-z]/.test(words) && !NAMES.test(words)) || /[^.]\.$/.test(words);
      })
      .map((message) => `${path}:${lineOf(file, message)} says ${message.getText()}`);
  });
}

const JUDGED = /\/(plan|decide|commands|render|parse)\.ts$/;

/** What is pure is cheap to test, so there is no reason not to. */
export function pureFilesAreTested(tree: Tree): string[] {
  const tested = new Set(
    [...tree]
      .filter(([path]) => isTest(path))
      .flatMap(([path, text]) => importsOf(path, text).map(({ specifier }) => resolve(path, specifier))),
  );
  return sources(tree, 'src', 'controls')
    .filter(([path]) => JUDGED.test(path) && !tested.has(path))
    .map(([path]) => `${path} is imported by no test`);
}
