import ts from 'typescript';
import { isTest, PROGRAMS, reach, resolve, sources, way } from './graph.ts';
import { importsOf, lineOf, nodes, parse, type Tree } from './source.ts';

const CHILD_PROCESS = /^(node:)?(child_process|cluster|worker_threads)$/;

/** What a program of ours can load at run time, judged target by target. */
const cannotReach = (tree: Tree, start: string, forbidden: (target: string) => boolean): string[] =>
  tree.has(start)
    ? reach(tree, start)
        .filter(({ target }) => forbidden(target))
        .map(way)
    : [`${start} is not there`];

/** Sealing and hashing of the API's own; it drives no program and opens nothing. */
const API_MAY_LOAD = /^src\/adapters\/envelope\/(seal|port|errors)\.ts$/;

export const apiReachesNoAdapter = (tree: Tree): string[] =>
  cannotReach(
    tree,
    'src/main/api.ts',
    (target) => target.startsWith('src/adapters/') && !API_MAY_LOAD.test(target),
  );

export const apiReachesNoProcess = (tree: Tree): string[] =>
  cannotReach(tree, 'src/main/api.ts', (target) => CHILD_PROCESS.test(target));

export const apiReachesNoPerform = (tree: Tree): string[] =>
  cannotReach(tree, 'src/main/api.ts', (target) => /\/(perform|observe)(\.ts$|\/)/.test(target));

export const cliIsOnlyAClient = (tree: Tree): string[] =>
  cannotReach(
    tree,
    'src/main/cli.ts',
    (target) => /^src\/(adapters|db|engine|api)\//.test(target) || /^(pg|kysely|fastify)(\/|$)/.test(target),
  );

const RUNNER = 'src/adapters/exec/run.ts';
const BECOMES = /^process\.(execve|binding|_linkedBinding|dlopen)$/;

const becomes = (path: string, text: string): string[] => {
  const file = parse(path, text);
  return [...nodes(file)]
    .filter((node) => ts.isPropertyAccessExpression(node) && BECOMES.test(node.getText()))
    .map((node) => `${path}:${lineOf(file, node)} uses ${node.getText()}`);
};

/** Only the runner starts programs, and nothing but a program of its own turns into another. */
export function onlyTheRunnerStartsPrograms(tree: Tree): string[] {
  return sources(tree, 'src', 'stacks')
    .filter(([path]) => path !== RUNNER)
    .flatMap(([path, text]) => [
      ...(path in PROGRAMS ? [] : becomes(path, text)),
      ...importsOf(path, text)
        .filter(({ specifier, typeOnly }) => CHILD_PROCESS.test(specifier) && !typeOnly)
        .map((one) => `${path}:${one.line} imports ${one.specifier}`),
    ]);
}

/** A program that is imported would do its work in somebody else's process. */
export const programsAreNotImported = (tree: Tree): string[] =>
  sources(tree, 'src').flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ specifier, typeOnly }) => !typeOnly && (resolve(path, specifier) ?? '') in PROGRAMS)
      .map((one) => `${path}:${one.line} imports ${one.specifier}`),
  );

const capabilityOf = (path: string): string | undefined => /^src\/capabilities\/([^/]+)\//.exec(path)?.[1];

/** A capability knows of another its nouns and nothing else. */
export function capabilitiesShareModelsOnly(tree: Tree): string[] {
  return sources(tree, 'src/capabilities').flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ specifier }) => {
        const target = resolve(path, specifier);
        const other = target && capabilityOf(target);
        return other && other !== capabilityOf(path) && !/\/model(\.ts$|\/)/.test(target);
      })
      .map((one) => `${path}:${one.line} imports ${one.specifier}`),
  );
}

/** Adapters are at the bottom: they know the kernel and each other's ports, never what they serve. */
export function adaptersServeAnybody(tree: Tree): string[] {
  return sources(tree, 'src/adapters').flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ specifier }) =>
        /^src\/(capabilities|engine|api|cli|db)\//.test(resolve(path, specifier) ?? ''),
      )
      .map((one) => `${path}:${one.line} imports ${one.specifier}`),
  );
}

/** An attack shares no code with what it attacks. */
export function controlsImportTheirContract(tree: Tree): string[] {
  return sources(tree, 'controls').flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ specifier }) => {
        const target = resolve(path, specifier);
        if (target === undefined) return false;
        const own = path.slice(0, path.lastIndexOf('/') + 1);
        return !target.startsWith(own) && !/^controls\/contract(\.ts$|\/)/.test(target);
      })
      .map((one) => `${path}:${one.line} imports ${one.specifier}`),
  );
}

/** The dashboard is a client of the API; it takes the nouns' types and no code. */
export function dashboardImportsTypes(tree: Tree): string[] {
  return sources(tree, 'web').flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ specifier, typeOnly }) => {
        const target = resolve(path, specifier) ?? '';
        return target.startsWith('src/') && !(typeOnly && /\/model\.ts$/.test(target));
      })
      .map((one) => `${path}:${one.line} imports ${one.specifier}`),
  );
}

/** A fake that ships is a promise that nothing keeps. */
export const productionHasNoFakes = (tree: Tree): string[] =>
  sources(tree, 'src').flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ specifier, typeOnly }) => !typeOnly && isTest(resolve(path, specifier) ?? ''))
      .map((one) => `${path}:${one.line} imports ${one.specifier}`),
  );
