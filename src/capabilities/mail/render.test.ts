import { expect, test } from 'vitest';
import { LetterKind } from './model.ts';
import { pause } from './plan.ts';
import { wordsOf } from './render.ts';

const createdAt = new Date('2026-11-22T20:00:00Z');
const HOST = 'bastide.example.org';
const DETAIL: Record<string, unknown> = {
  alert: {
    ...{ code: 'break_glass_opened', severity: 'critical', message: 'Staff reach it', next: 'See' },
    ...{ organization: 'shop', project: 'web' },
  },
  passkey_added: { name: 'blue key' },
  passkey_removed: { name: 'blue key' },
  recovery_code_used: { left: 3 },
  signed_in: { device: 'Firefox', address: null },
};

test('every kind that the database writes has words', () => {
  for (const kind of LetterKind.options) {
    const words = wordsOf({ kind, detail: DETAIL[kind] ?? {}, createdAt }, HOST)!;
    expect(words.subject, kind).toMatch(/^\[bastide\.example\.org\] \S/);
    expect(words.text, kind).toContain('2026-11-22 20:00 UTC');
    expect(words.text.includes('Was it not you?'), kind).toBe(!['alert', 'test'].includes(kind));
  }
  expect(wordsOf({ kind: 'of-tomorrow', detail: {}, createdAt }, HOST)).toBeUndefined();
});

test('an emergency says so, and leads to the page where it is ended', () => {
  const words = wordsOf({ kind: 'alert', detail: DETAIL.alert, createdAt }, HOST)!;
  expect(words.subject).toBe('[bastide.example.org] Urgent: web: break glass opened');
  expect(words.text).toContain('https://bastide.example.org/access');
});

test('what a device is called makes no link in a letter of the platform', () => {
  const detail = { device: 'https://evil.example/pay now', address: '203.0.113.9' };
  const { text } = wordsOf({ kind: 'signed_in', detail, createdAt }, HOST)!;
  expect(text).toContain('https evil example pay now from 203.0.113.9');
});

test('tries come later and later, for about a day', () => {
  const waits = [];
  for (let tries = 1; pause(tries) !== undefined; tries += 1) waits.push(pause(tries)! / 60_000);
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 128, 128, 128, 128, 128]);
});
