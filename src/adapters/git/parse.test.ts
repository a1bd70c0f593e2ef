import { describe, expect, it } from 'vitest';
import { explain, parseCommit } from './parse.ts';

const use = { memoryPeakBytes: 0, outOfMemoryKills: 0, refusedForks: 0, diskFreeBytes: 1 };
const code = (tail: readonly string[], over: { ended?: 'timeout'; kills?: number } = {}) =>
  explain(
    { code: 128, tail, ...(over.ended ? { ended: over.ended } : {}) },
    { ...use, outOfMemoryKills: over.kills ?? 0 },
    'https://git.example.org/a.git',
    'main',
    60,
  ).code;

describe('the commit that was resolved', () => {
  it('is a whole hash, of either kind, and nothing else', () => {
    const sha1 = 'a'.repeat(40);
    const sha256 = 'b'.repeat(64);
    expect(parseCommit(['warning: x', sha1])).toBe(sha1);
    expect(parseCommit([sha256])).toBe(sha256);
    expect(parseCommit(['a'.repeat(39), `${sha1} extra`, 'A'.repeat(40)])).toBeUndefined();
  });
});

describe('a fetch that did not end well', () => {
  it.each([
    ['git_not_found', ["fatal: couldn't find remote ref nowhere"]],
    ['git_not_found', ["fatal: could not read Username for 'https://git.example.org'"]],
    ['git_not_found', ['fatal: repository not found']],
    ['git_not_found', ['error: RPC failed; HTTP 403']],
    ['git_too_big', ['fatal: write error: No space left on device']],
    ['git_unreachable', ['fatal: unable to access: Connection refused']],
    ['git_unreachable', []],
  ])('is %s where git says %j', (expected, tail) => expect(code(tail)).toBe(expected));

  it('is told by the limits before it is told by the words', () => {
    expect(code(['fatal: repository not found'], { ended: 'timeout' })).toBe('git_timeout');
    expect(code(['fatal: repository not found'], { kills: 1 })).toBe('git_too_big');
  });

  it('passes on the last words, and not all of them', () => {
    const said = explain({ code: 1, tail: ['first', 'x'.repeat(500), ''] }, use, 'https://h/a', 'main', 60);
    expect(said.message).toContain('x'.repeat(200));
    expect(said.message).not.toContain('x'.repeat(201));
    expect(said.message).not.toContain('first');
  });
});
