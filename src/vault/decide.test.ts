import { describe, expect, test } from 'vitest';
import { judge, LARGEST, roomFor, statusOf } from './decide.ts';

const name = 'a'.repeat(64);
const why = (method: string, target: string) => {
  const ask = judge(method, target);
  return ask.kind === 'refused' ? ask.why : ask.kind;
};

describe('a request to a repository', () => {
  test.each([
    ['GET', '/r/p-1/config', 'read'],
    ['HEAD', `/r/p-1/data/${name}`, 'read'],
    ['GET', '/r/p-1/snapshots/', 'read'],
    ['POST', '/r/p-1/?create=true', 'create'],
    ['POST', '/r/p-1/config', 'add'],
    ['POST', `/r/p-1/index/${name}`, 'add'],
    ['DELETE', `/r/p-1/locks/${name}`, 'unlock'],
  ])('%s %s is let in', (method, target, kind) => expect(why(method, target)).toBe(kind));

  test.each([
    ['DELETE', `/r/p-1/data/${name}`, 'delete'],
    ['DELETE', '/r/p-1/locks/', 'delete'],
    ['DELETE', '/anything', 'delete'],
    ['PUT', `/r/p-1/data/${name}`, 'method'],
    ['PATCH', '/r/p-1/config', 'method'],
    ['POST', '/r/p-1/data/', 'path'],
    ['POST', '/r/p-1/', 'path'],
    ['GET', '/r/p-1/', 'path'],
    ['GET', '/r/p-1/?create=true', 'path'],
    ['POST', `/r/p-1/data/${name}?create=true`, 'path'],
    ['POST', `/r/p-1/data/${name.toUpperCase()}`, 'path'],
    ['POST', `/r/p-1/data/${name}/`, 'path'],
    ['GET', '/r/../config', 'path'],
    ['GET', '/r/p-1/../config', 'path'],
    ['GET', '/r/p-1/config\n', 'path'],
    ['GET', '/r/P-1/config', 'path'],
    ['GET', '//r/p-1/config', 'path'],
    ['GET', 'http://other/r/p-1/config', 'path'],
    ['GET', `/r/${'p'.repeat(81)}/config`, 'path'],
  ])('%s %j is refused: %s', (method, target, kind) => expect(why(method, target)).toBe(kind));
});

test('there is room for what fits, is within the day, and has a length', () => {
  const room = { freeBytes: 1000, reserveBytes: 100, todayBytes: 50, dailyBytes: 500 };
  expect(roomFor('data', 450, room)).toBeUndefined();
  expect(roomFor('data', 451, room)).toBe('daily_limit');
  expect(roomFor('data', 901, { ...room, dailyBytes: 5000 })).toBe('disk_full');
  expect(roomFor('keys', LARGEST.keys + 1, room)).toBe('too_large');
  for (const bytes of [undefined, -1, 1.5, Number.NaN])
    expect(roomFor('data', bytes, room)).toBe('no_length');
  expect([statusOf('disk_full'), statusOf('credential'), statusOf('delete')]).toEqual([507, 401, 403]);
});
