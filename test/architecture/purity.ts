import ts from 'typescript';
import { reach, sources } from './graph.ts';
import { importsOf, lineOf, nodes, parse, type Tree } from './source.ts';

const PURE_NAME = /\/(model|plan|decide|errors|render|parse|commands)\.ts$/;
/** Not src/cli/commands: those are the terminal's verbs. */
const PURE_FOLDER = /^(?!src\/cli\/).*\/(model|plan|decide|errors|render|parse|commands)\//;

/** Whose result depends on the arguments alone. */
const PURE_MODULES = new Set(['node:path', 'node:path/posix', 'node:util', 'node:url', 'node:buffer']);
/** Modules that are pure in part: these names only. */
const PURE_NAMES: Record<string, readonly string[]> = {
  'node:crypto': [
    'createHash',
    'createHmac',
    'createPublicKey',
    'pbkdf2Sync',
    'timingSafeEqual',
    'verify',
    'X509Certificate',
  ],
  'node:net': ['isIP', 'isIPv4', 'isIPv6', 'BlockList'],
};
/** Packages that only compute. Cedar is a policy evaluator in WebAssembly: text and entities in, an answer out. */
const PURE_PACKAGES = [
  '@cedar-policy/cedar-wasm',
  'zod',
  'yaml',
  'croner',
  'picocolors',
  'packageurl-js',
  'ajv',
  'ajv-formats',
];

/** The two files of the kernel that touch the clock or chance, each for its one purpose. */
const KERNEL_EFFECTS: Record<string, string> = {
  'src/kernel/id.ts': 'identifiers are random and carry their time',
  'src/kernel/time.ts': 'sleep is where waiting lives',
};

const LOOKS_OUTSIDE =
  /^(Date\.now|performance\.now|Math\.random|console\.\w+|crypto\.(randomUUID|getRandomValues|randomBytes|randomInt)|process\.(env|cwd|argv|pid|ppid|hrtime|uptime|std(in|out|err)|exit|kill|getuid|geteuid|nextTick|memoryUsage))$/;
const EFFECTS = new Set(['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']);

function effectOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const name = `${node.expression.text}.${node.name.text}`;
    return LOOKS_OUTSIDE.test(name) ? name : undefined;
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date')
    return (node.arguments?.length ?? 0) === 0 ? 'new Date()' : undefined;
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    const name = node.expression.text;
    return EFFECTS.has(name) || name === 'Date' ? `${name}()` : undefined;
  }
  return undefined;
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function importEffect(specifier: string, names: readonly string[]): boolean {
  if (specifier.startsWith('.')) return false;
  const allowed = PURE_NAMES[specifier];
  if (allowed) return names.length === 0 || names.some((name) => !allowed.includes(name));
  return !PURE_MODULES.has(specifier) && !PURE_PACKAGES.includes(packageOf(specifier));
}

/** What in this one file looks at the clock, at chance, at the environment or outside the process. */
export function impurities(path: string, text: string): string[] {
  const file = parse(path, text);
  const found: string[] = [];
  for (const one of importsOf(path, text)) {
    if (!one.typeOnly && importEffect(one.specifier, one.names))
      found.push(`${path}:${one.line} imports ${one.specifier}`);
  }
  for (const node of nodes(file)) {
    const effect = effectOf(node);
    if (effect) found.push(`${path}:${lineOf(file, node)} uses ${effect}`);
  }
  return found;
}

export const isPure = (path: string): boolean => PURE_NAME.test(path) || PURE_FOLDER.test(path);

/** Pure files stay pure with everything they load. */
export function pureFilesArePure(tree: Tree): string[] {
  return sources(tree, 'src', 'controls')
    .filter(([path]) => isPure(path))
    .flatMap(([path, text]) => [
      ...impurities(path, text),
      ...reach(tree, path)
        .filter(({ target }) => tree.has(target) && !isPure(target))
        .flatMap(({ target, chain }) =>
          impurities(target, tree.get(target) ?? '').map(
            (why) => `${[...chain, target].join(' -> ')}: ${why}`,
          ),
        ),
    ]);
}

/** The kernel imports itself and pure modules only. */
export function kernelIsPure(tree: Tree): string[] {
  return sources(tree, 'src/kernel').flatMap(([path, text]) => [
    ...(path in KERNEL_EFFECTS ? [] : impurities(path, text)),
    ...importsOf(path, text)
      .filter(({ specifier }) => specifier.startsWith('.') && !/^\.\/[\w-]+\.ts$/.test(specifier))
      .map((one) => `${path}:${one.line} imports ${one.specifier}`),
  ]);
}
