import { expect, it } from 'vitest';
import { keepPlace } from './originals.ts';

it('keeps the place of a file that moves into the bundle', () => {
  expect(keepPlace("join(import.meta.dirname, 'migrations')", 'src/db/migrate.ts')).toBe(
    `join((import.meta.dirname + "/../src/db"), 'migrations')`,
  );
  expect(keepPlace("new URL('x', import.meta.url)", 'src/db/migrate.ts')).toBe(
    `new URL('x', new URL("../src/db/migrate.ts", import.meta.url).href)`,
  );
});

it('leaves everything else alone', () => {
  expect(keepPlace('const a = 1;', 'src/a.ts')).toBe('const a = 1;');
});
