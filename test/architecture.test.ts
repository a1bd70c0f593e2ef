import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reach } from './architecture/graph.ts';
import { rules } from './architecture/rules.ts';
import { treeOf } from './architecture/tree.ts';

const repository = treeOf(join(import.meta.dirname, '..'));
const planted = (files: Readonly<Record<string, string>>) => new Map(Object.entries(files));

describe('the architecture', () => {
  for (const { reason, check } of rules) it(reason, () => expect(check(repository)).toEqual([]));

  it('is read from files that exist', () => {
    expect(repository.size).toBeGreaterThan(20);
    expect(repository.has('src/kernel/refusal.ts')).toBe(true);
    expect(reach(repository, 'src/main/api.ts').length).toBeGreaterThan(30);
    expect(reach(repository, 'src/main/api.ts').map(({ target }) => target)).toContain('fastify');
  });
});

describe('a broken tree is seen', () => {
  for (const { reason, check, broken, sound } of rules) {
    it.each(
      broken.map(
        (files) => [Object.entries(files).at(-1)?.join(': ').slice(0, 90).split('\n')[0], files] as const,
      ),
    )(`${reason.slice(0, 40)}… %s`, (_, files) => expect(check(planted(files))).not.toEqual([]));
    it(`${reason.slice(0, 40)}… passes its sound tree`, () => expect(check(planted(sound))).toEqual([]));
  }
});
