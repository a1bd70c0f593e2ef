import ts from 'typescript';
import { sources } from '../architecture/graph.ts';
import { nodes, parse, type Tree } from '../architecture/source.ts';

export interface Code {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** The words of a literal or a template; what is filled in at run time is an ellipsis. Empty for anything else. */
function words(node: ts.Node | undefined): string {
  if (!node) return '';
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('');
  if (ts.isBinaryExpression(node)) return `${words(node.left)}${words(node.right)}`;
  if (ts.isConditionalExpression(node)) return words(node.whenTrue) || words(node.whenFalse);
  if (ts.isPropertyAccessExpression(node) && ts.isTemplateExpression(node.expression))
    return words(node.expression);
  if (ts.isCallExpression(node)) return words(node.expression);
  if (ts.isParenthesizedExpression(node)) return words(node.expression);
  return '';
}

/** A constant of the same file that a refusal uses for its words. */
function constants(file: ts.SourceFile): Map<string, ts.Node> {
  const found = new Map<string, ts.Node>();
  for (const node of nodes(file))
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      found.set(node.name.text, node.initializer);
  return found;
}

/** Every refusal in src/ with its words, sorted by code. */
export function refusals(tree: Tree): Code[] {
  const codes = new Map<string, Code>();
  for (const [path, text] of sources(tree, 'src')) {
    const file = parse(path, text);
    const known = constants(file);
    const say = (node: ts.Node | undefined) =>
      words(node && ts.isIdentifier(node) ? (known.get(node.text) ?? node) : node).replaceAll(/\s+/g, ' ');
    for (const node of nodes(file)) {
      if (!ts.isNewExpression(node) || node.expression.getText() !== 'Refusal') continue;
      const [code, message, next] = node.arguments ?? [];
      if (!code || !ts.isStringLiteralLike(code)) continue;
      const before = codes.get(code.text);
      codes.set(code.text, {
        code: code.text,
        message: before?.message || say(message),
        next: before?.next || say(next),
      });
    }
  }
  return [...codes.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}
