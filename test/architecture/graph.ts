import { posix } from 'node:path';
import { type Import, importsOf, type Tree } from './source.ts';

export const isCode = (path: string): boolean => /\.(ts|tsx|mjs|js)$/.test(path);
export const isTest = (path: string): boolean =>
  /\.test\.tsx?$/.test(path) ||
  /(^|\/)(conformance|memory|testing|testbed|simulate|fixtures?)(\.ts$|\/)/.test(path);

/** Source files below a folder, without their tests, fakes and conformance suites. */
export const sources = (tree: Tree, ...under: string[]): [path: string, text: string][] =>
  [...tree].filter(
    ([path]) => isCode(path) && !isTest(path) && under.some((folder) => path.startsWith(`${folder}/`)),
  );

/**
 * Files that are programs of their own, each with its reason: nothing imports them, and what a main/ file may do they
 * may do too.
 */
export const PROGRAMS: Readonly<Record<string, string>> = {
  'src/adapters/jail/launch.ts': 'joins the cgroups of a build and then becomes the builder, inside the jail',
  'src/main/cli.ts': 'becomes the ssh of the person who typed bastide ssh, with that terminal',
};

/** Where a specifier leads: a path of the repository, or undefined for packages and node: modules. */
export const resolve = (from: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;

export interface Reached {
  /** A path of the repository, a package or a `node:` module. */
  readonly target: string;
  /** From the start to the file that imports the target. */
  readonly chain: readonly string[];
  readonly by: Import;
}

/**
 * Everything that running `start` loads, itself excluded, each once by the shortest way. Type imports do not count:
 * they are gone before anything runs.
 */
export function reach(tree: Tree, start: string): Reached[] {
  const found: Reached[] = [];
  const seen = new Set<string>([start]);
  let frontier: string[][] = [[start]];
  while (frontier.length > 0) {
    const next: string[][] = [];
    for (const chain of frontier) {
      const from = chain.at(-1) ?? start;
      for (const by of importsOf(from, tree.get(from) ?? '')) {
        const target = resolve(from, by.specifier) ?? by.specifier;
        if (by.typeOnly || seen.has(target)) continue;
        seen.add(target);
        found.push({ target, chain, by });
        if (tree.has(target)) next.push([...chain, target]);
      }
    }
    frontier = next;
  }
  return found;
}

/** For people: how the start leads to the target. */
export const way = (reached: Reached): string => [...reached.chain, reached.target].join(' -> ');
