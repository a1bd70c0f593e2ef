import { expect, test } from 'vitest';
import { ignored, parseIgnore } from './ignore.ts';

const root = (text: string) => [parseIgnore('', text)];

test.each([
  ['node_modules/', 'node_modules', true, true],
  ['node_modules/', 'a/node_modules', true, true],
  ['node_modules/', 'node_modules', false, false],
  ['*.log', 'deep/er/x.log', false, true],
  ['*.log', 'x.logs', false, false],
  ['/dist', 'dist', true, true],
  ['/dist', 'src/dist', true, false],
  ['doc/*.txt', 'doc/a.txt', false, true],
  ['doc/*.txt', 'doc/sub/a.txt', false, false],
  ['doc/**/*.txt', 'doc/sub/a.txt', false, true],
  ['**/cache', 'a/b/cache', true, true],
  ['a/**', 'a/b/c', false, true],
  ['x?.txt', 'x1.txt', false, true],
  ['x[0-9].txt', 'xa.txt', false, false],
  ['# comment', '# comment', false, false],
  ['a.b', 'aXb', false, false],
  ['*.log\n!keep.log', 'keep.log', false, false],
  ['', '.git', true, true],
  ['!.git', '.git', true, true],
  ['', 'app/.env', false, true],
  ['!.env.production', '.env.production', false, true],
  ['', '.env.example', false, false],
  ['', '.gitignore', false, false],
])('%j says of %s (directory: %s): left out %s', (text, path, directory, expected) => {
  expect(ignored(root(text), path, directory)).toBe(expected);
});

test('a file deeper in speaks of its own directory only', () => {
  const files = [...root('*.txt'), parseIgnore('keep/', '!*.txt')];
  expect(ignored(files, 'keep/a.txt', false)).toBe(false);
  expect(ignored(files, 'a.txt', false)).toBe(true);
});
