import { expect, test } from 'vitest';
import { namesAbove } from './proof.ts';

test('a name is proven at itself or at a few names above it, never at a single label', () => {
  expect(namesAbove('a.shop.example.org')).toEqual(['a.shop.example.org', 'shop.example.org', 'example.org']);
  expect(namesAbove('example.org')).toEqual(['example.org']);
  expect(namesAbove('g.f.e.d.c.b.a.org')).toEqual([
    'g.f.e.d.c.b.a.org',
    'f.e.d.c.b.a.org',
    'e.d.c.b.a.org',
    'd.c.b.a.org',
    'c.b.a.org',
  ]);
});
