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
