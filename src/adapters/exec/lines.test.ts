import { expect, test } from 'vitest';
import { LINE_LIMIT, lineCutter } from './lines.ts';

function cut(...texts: string[]): string[] {
  const lines: string[] = [];
  const cutter = lineCutter((line) => lines.push(line));
  for (const text of texts) cutter.take(text);
  cutter.end();
  return lines;
}

test('lines come whole, also when their text comes in pieces', () => {
  expect(cut('a\nb', 'c\n', '\nd')).toEqual(['a', 'bc', '', 'd']);
});

test('a carriage return split from its newline is one end of line', () => {
  expect(cut('a\r', '\nb\n')).toEqual(['a', 'b']);
});

test('an endless line is handed on in bounded pieces and not kept', () => {
  const lines = cut(...Array.from({ length: 10 }, () => 'x'.repeat(LINE_LIMIT)));
  expect(lines).toHaveLength(10);
  expect(Math.max(...lines.map((line) => line.length))).toBe(LINE_LIMIT);
});
