import ts from 'typescript';

/** Repository-relative path to text. Rules take this and nothing else, so that planted trees test them. */
export type Tree = ReadonlyMap<string, string>;

export interface Import {
  /** As written, for example `../kernel/id.ts` or `node:fs`. */
  readonly specifier: string;
  /** `import type` and `export type` leave nothing behind at run time. */
  readonly typeOnly: boolean;
  /** What is taken by name; empty for a whole module, a side effect or a dynamic import. */
  readonly names: readonly string[];
  readonly line: number;
}

const parsed = new Map<string, ts.SourceFile>();

/** The syntax tree of one file, parsed once per distinct text. */
export function parse(path: string, text: string): ts.SourceFile {
  const key = `${path}\0${text}`;
  const known = parsed.get(key);
  if (known) return known;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  parsed.set(key, file);
  return file;
}

/** Every node of a file, depth first. */
export function* nodes(of: ts.Node): Generator<ts.Node> {
  yield of;
  const children: ts.Node[] = [];
  ts.forEachChild(of, (child) => {
    children.push(child);
  });
  for (const child of children) yield* nodes(child);
}

export const lineOf = (file: ts.SourceFile, node: ts.Node): number =>
  file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

const namesOf = (node: ts.ImportDeclaration): string[] => {
  const bindings = node.importClause?.namedBindings;
  return bindings && ts.isNamedImports(bindings)
    ? bindings.elements.map((element) => (element.propertyName ?? element.name).text)
    : [];
};

function importOf(node: ts.Node): Omit<Import, 'line'> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return { specifier: node.moduleSpecifier.text, typeOnly, names: namesOf(node) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly, names: [] };
  }
  const [argument] = ts.isCallExpression(node) ? node.arguments : [];
  if (!argument || !ts.isCallExpression(node) || !ts.isStringLiteralLike(argument)) return undefined;
  const callee = node.expression;
  const loads =
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
  return loads ? { specifier: argument.text, typeOnly: false, names: [] } : undefined;
}

/** Static, re-exporting, dynamic and required imports of a file. */
export function importsOf(path: string, text: string): Import[] {
  const file = parse(path, text);
  const found: Import[] = [];
  for (const node of nodes(file)) {
    const one = importOf(node);
    if (one) found.push({ ...one, line: lineOf(file, node) });
  }
  return found;
}
