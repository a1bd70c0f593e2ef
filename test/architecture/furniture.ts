import { isCode } from './graph.ts';
import type { Tree } from './source.ts';

const foldersIn = (tree: Tree, parent: string): string[] => [
  ...new Set(
    [...tree.keys()]
      .filter(
        (path) => path.startsWith(`${parent}/`) && path.split('/').length > parent.split('/').length + 1,
      )
      .map((path) =>
        path
          .split('/')
          .slice(0, parent.split('/').length + 1)
          .join('/'),
      ),
  ),
];

const missing = (tree: Tree, parent: string, names: readonly string[]): string[] =>
  foldersIn(tree, parent).flatMap((folder) =>
    names.filter((name) => !tree.has(`${folder}/${name}`)).map((name) => `${folder} lacks ${name}`),
  );

export const capabilitiesHaveFurniture = (tree: Tree): string[] =>
  missing(tree, 'src/capabilities', ['README.md', 'model.ts']);

export const adaptersHaveAPort = (tree: Tree): string[] => missing(tree, 'src/adapters', ['port.ts']);

const LIMIT = 300;
const lines = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

export const filesStaySmall = (tree: Tree): string[] =>
  [...tree]
    .filter(([path, text]) => isCode(path) && lines(text) > LIMIT)
    .map(([path, text]) => `${path} has ${lines(text)} lines`);
