import { expect, it } from 'vitest';
import { HEALTH_PATH } from './health-path.ts';

it.each(['/', '/up', '/api/health?full=1&a=(b)', '/~x/@y:z,$!*+%20'])('takes %s', (path) => {
  expect(path).toMatch(HEALTH_PATH);
});

it.each([
  '',
  'up',
  '//other.example',
  '/a;b',
  "/a'b",
  '/a b',
  '/a"b',
  '/a\nb',
  '/a#b',
  '/a\\b',
  `/${'a'.repeat(201)}`,
])('refuses %j', (path) => {
  expect(path).not.toMatch(HEALTH_PATH);
});
