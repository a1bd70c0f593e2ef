import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashToken, newToken, sameHash, wellFormed } from './tokens.ts';

test('a token of known bytes', () => {
  expect(newToken('bst', new Uint8Array(32)).reveal()).toBe(`bst_${'0'.repeat(43)}4EBQBr`);
});

test('each is well formed, new, and 53 characters long', () => {
  const made = new Set(Array.from({ length: 200 }, () => newToken('bst').reveal()));
  expect(made.size).toBe(200);
  for (const token of made) {
    expect(token).toHaveLength(53);
    expect(wellFormed('bst', token)).toBe(true);
    expect(wellFormed('bsb', token)).toBe(false);
  }
});

test('one changed character is noticed', () => {
  const token = newToken('bst').reveal();
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 52 }), (at) => {
      const other = token[at] === 'a' ? 'b' : 'a';
      return !wellFormed('bst', token.slice(0, at) + other + token.slice(at + 1));
    }),
  );
});

test('hashes are compared whole', () => {
  expect(sameHash(hashToken('a'), hashToken('a'))).toBe(true);
  expect(sameHash(hashToken('a'), hashToken('b'))).toBe(false);
  expect(sameHash(hashToken('a'), hashToken('a').subarray(1))).toBe(false);
});
