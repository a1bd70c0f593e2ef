import { describe, expect, it } from 'vitest';
import { fewest, filesDigest, parseShipped, type Shipped, shortBy, unbroken, walTags } from './chain.ts';
import { furthest } from './moments.ts';
import { isSigned, signedOnes, signTags } from './origin.ts';

const segment = (n: number, timeline = 1) =>
  [timeline, Math.floor(n / 256), n % 256]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
const shipped = (snapshot: string, numbers: readonly number[]): Shipped => ({
  ...{ snapshot, databaseId: 'd', incarnation: 1, digest: '' },
  files: numbers.map((n) => segment(n)),
  first: segment(numbers[0]!),
  last: segment(numbers.at(-1)!),
  coversUntil: null,
});

describe('what was shipped', () => {
  it('is read from what is signed beside it', () => {
    const of = { databaseId: 'd', incarnation: 2, digest: 'f00', coversUntil: new Date(1000) };
    const paths = [`/p/wal-2/${segment(256)}`, '/p/wal-2/00000002.history', `/p/wal-2/${segment(255)}`];
    expect(parseShipped({ id: 's', paths, tags: walTags(of) })).toEqual({
      ...of,
      snapshot: 's',
      files: [segment(256), '00000002.history', segment(255)],
      first: segment(255),
      last: segment(256),
    });
    expect(parseShipped({ id: 's', paths: [], tags: walTags(of) })).toBeUndefined();
    expect(parseShipped({ id: 's', paths, tags: ['kind:wal', 'source:d'] })).toBeUndefined();
    for (const incarnation of ['0', '-1', 'x', ''])
      expect(
        parseShipped({
          id: 's',
          paths,
          tags: ['kind:wal', 'source:d', 'files:f', `incarnation:${incarnation}`],
        }),
      ).toBeUndefined();
  });

  it('is had whole from the last of each block, without what is on the list', () => {
    const all = [shipped('a', [1]), shipped('b', [1, 2]), shipped('c', [3]), shipped('d', [3, 4])];
    expect(fewest(all, new Set()).map((one) => one.snapshot)).toEqual(['b', 'd']);
    expect(fewest(all, new Set([segment(1), segment(2)])).map((one) => one.snapshot)).toEqual(['d']);
    expect(fewest([], new Set())).toEqual([]);
  });

  it('leads as far as nothing is lacking', () => {
    const names = [254, 255, 256, 258].map((n) => segment(n));
    expect(unbroken(names, segment(254))).toBe(segment(256));
    expect(unbroken(names, segment(258))).toBe(segment(258));
    expect(unbroken(names, segment(257))).toBeUndefined();
    expect(shortBy(segment(255), segment(257))).toBe(2);
    expect(shortBy(segment(300), segment(257))).toBe(0);
  });

  it('has another hash with any other name or content', () => {
    const files = [
      { name: 'a', sha256: '1' },
      { name: 'b', sha256: '2' },
    ];
    expect(filesDigest(files)).toBe(filesDigest([...files].reverse()));
    expect(filesDigest(files)).not.toBe(filesDigest([files[0]!, { name: 'b', sha256: '3' }]));
    expect(filesDigest(files)).not.toBe(filesDigest([files[0]!]));
  });
});

describe('the copy that leads the furthest', () => {
  const at = (n: number) => new Date(n * 1000);
  const span = (id: string, from: number, until: number | null, ready = true) => ({
    ...{ id, from: at(from), ready, growing: false },
    until: until === null ? null : at(until),
  });

  it('is the youngest of those, in a vault that answers, and none where the dump is younger', () => {
    const spans = [
      span('a', 1, 9),
      span('b', 5, 9),
      span('c', 6, 8),
      span('gone', 7, 12, false),
      span('d', 2, null),
    ];
    expect(furthest(spans, at(8))?.id).toBe('b');
    expect(furthest(spans, at(10))?.id).toBe('gone');
    expect(furthest(spans, at(12))).toBeUndefined();
  });
});

describe('a signature over tags', () => {
  // No cryptography of ours: what is signed is what is asked about.
  const signer = {
    sign: (text: string) => Buffer.from(text).toString('base64'),
    verify: (text: string, signature: string) => Buffer.from(text).toString('base64') === signature,
  };
  const tags = signTags(signer, 'p-1', ['kind:dump', 'backup:1'], 'n');

  it('holds in any order, with what restic’s driver adds, and for one repository', () => {
    expect(isSigned(signer, 'p-1', [...tags].reverse())).toBe(true);
    expect(isSigned(signer, 'p-1', [...tags, 'run:x'])).toBe(true);
    expect(isSigned(signer, 'p-2', tags)).toBe(false);
    expect(isSigned(signer, 'p-1', [...tags, 'kind:base'])).toBe(false);
    expect(isSigned(signer, 'p-1', tags.slice(1))).toBe(false);
    expect(isSigned(signer, 'p-1', ['kind:dump'])).toBe(false);
    expect(isSigned(signer, 'p-1', [...tags, tags.at(-1)!, 'sig:x'])).toBe(false);
    expect(tags.every((tag) => /^[a-zA-Z0-9._:=-]+$/.test(tag))).toBe(true);
  });

  it('is good once: of two with the same one the listed is ours', () => {
    const two = [
      { id: 'a', tags },
      { id: 'b', tags: [...tags, 'run:x'] },
    ];
    expect(signedOnes(signer, 'p-1', two, new Set(['b'])).map(({ id }) => id)).toEqual(['b']);
    expect(signedOnes(signer, 'p-1', two, new Set())).toEqual([]);
    expect(signedOnes(signer, 'p-1', two.slice(1), new Set())).toHaveLength(1);
  });
});
