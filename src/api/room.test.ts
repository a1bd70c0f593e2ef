import { expect, test } from 'vitest';
import { makePromises, refuseRoom } from './room.ts';

const GIB = 1024 ** 3;
const why = (disk: [total: number, free: number], bytes: number, kept = 0, promised = 0, most = 4) =>
  refuseRoom(
    { total: disk[0] * GIB, free: disk[1] * GIB },
    { bytes: bytes * GIB, most: most * GIB, kept: kept * GIB, promised: promised * GIB },
  )?.code;

test('one organization cannot fill the disk with uploads: it has a share of it', () => {
  expect(why([40, 30], 1, 3)).toBeUndefined();
  expect(why([40, 30], 1, 3.5)).toBe('upload_share_full');
  expect(why([8, 7], 1, 1)).toBeUndefined();
  expect(why([8, 7], 1, 1.5)).toBe('upload_share_full');
  expect(why([40, 30], 1, 3.5, 0, 5)).toBeUndefined();
  expect(why([40, 30], 1, 0, 0, 0.5)).toBe('upload_share_full');
});

test('all of them together leave a gibibyte free, counting what is still on its way', () => {
  expect(why([40, 3], 1, 0, 1)).toBeUndefined();
  expect(why([40, 3], 1, 0, 1.5)).toBe('uploads_full');
  const promises = makePromises();
  const ended = promises.add('alpha', 5);
  promises.add('beta', 2);
  expect([promises.all(), promises.of('alpha'), promises.of('gamma')]).toEqual([7, 5, 0]);
  ended();
  ended();
  expect(promises.all()).toBe(2);
});
