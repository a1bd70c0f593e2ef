import { expect, test } from 'vitest';
import { markdown } from './result.ts';

test('a table is Markdown, numbers to the right', () => {
  const table = {
    title: 't',
    columns: ['what', 'rps'],
    rows: [
      ['edge', 12345.678],
      ['bare', '–'],
    ],
  };
  expect(markdown(table)).toBe('| what | rps |\n|---|---:|\n| edge | 12,350 |\n| bare | – |');
});
