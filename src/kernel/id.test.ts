import { expect, it } from 'vitest';
import { newId } from './id.ts';

it('is a UUID of version 7 (RFC 9562)', () => {
  expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it('carries its time in front, so that younger sorts after older', () => {
  const at = Date.UTC(2026, 10, 22);
  const ids = [newId(at), newId(at + 1), newId(at + 86_400_000)];
  expect(ids.toSorted()).toEqual(ids);
  expect(Number.parseInt(ids[0]!.replaceAll('-', '').slice(0, 12), 16)).toBe(at);
});

it('differs in the same millisecond', () => {
  expect(new Set(Array.from({ length: 1000 }, () => newId(0))).size).toBe(1000);
});
