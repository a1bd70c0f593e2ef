import { dirname, join, normalize } from 'node:path/posix';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRefusal } from '../../../kernel/refusal.ts';
import { judgeEntry, linkStaysWithin, nothingSeen } from './entries.ts';

const part = fc.constantFrom('a', 'b', '..', '.', '', 'l');
const name = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const entry = fc.record({ name, type: fc.constantFrom('file', 'symlink', 'directory'), linkname: name });

/** Where a path ends up once every link on the way is followed; undefined where it leaves the top or goes round. */
function follow(links: ReadonlyMap<string, string>, path: string, fuel = 40): string | undefined {
  let at = '';
  const parts = path.split('/').filter((each) => each !== '' && each !== '.');
  while (parts.length > 0) {
    fuel -= 1;
    if (fuel < 0) return 'loop';
    const next = parts.shift() ?? '';
    if (next === '..') {
      if (at === '') return undefined;
      at = dirname(at) === '.' ? '' : dirname(at);
      continue;
    }
    const here = at === '' ? next : `${at}/${next}`;
    const target = links.get(here);
    if (target === undefined) at = here;
    else if (target.startsWith('/')) return undefined;
    else parts.unshift(...target.split('/').filter((each) => each !== '' && each !== '.'));
  }
  return at;
}

test('whatever an archive names, no link that was taken leads out, and no file lies beneath one', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
      const seen = nothingSeen();
      const links = new Map<string, string>();
      const files: string[] = [];
      for (const header of entries) {
        const action = judgeEntry(seen, header, 1000);
        if (isRefusal(action) || action.do === 'skip') continue;
        if (action.do === 'link') links.set(action.path, action.target);
        else files.push(action.path);
      }
      for (const path of links.keys()) expect(follow(links, path)).not.toBeUndefined();
      for (const path of files) {
        expect(normalize(path)).toBe(path);
        expect(follow(links, dirname(path))).toBe(dirname(path) === '.' ? '' : dirname(path));
        expect(join('/top', path).startsWith('/top/')).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

test.each([
  [0, 'x', true],
  [0, '../x', false],
  [1, '../x', true],
  [1, '../../x', false],
  [2, 'a/../b', false],
  [0, '/x', false],
  [0, '', false],
])('a link %i directories down to %j stays within: %s', (depth, target, within) => {
  expect(linkStaysWithin(depth, target)).toBe(within);
});
