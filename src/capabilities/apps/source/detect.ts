import type { Stack } from './model.ts';

/** What was found in a source, before anything is decided: names two levels deep, and the text of some files. */
export interface SourceFiles {
  /** Paths of plain files, relative, two levels deep. */
  readonly names: ReadonlySet<string>;
  readonly text: Readonly<Record<string, string>>;
}

const MARKS: readonly (readonly [Stack, readonly string[]])[] = [
  ['dockerfile', ['Dockerfile']],
  ['node', ['package.json']],
  ['python', ['requirements.txt', 'pyproject.toml', 'manage.py']],
  ['php', ['composer.json', 'index.php']],
  ['static', ['index.html']],
];

export const LOOKED_FOR: readonly string[] = MARKS.flatMap(([, names]) => names);

/** The first stack whose mark is there, in this order: what is most particular comes first. */
export function detectStack(names: ReadonlySet<string>): Stack | undefined {
  return MARKS.find(([, marks]) => marks.some((mark) => names.has(mark)))?.[0];
}
