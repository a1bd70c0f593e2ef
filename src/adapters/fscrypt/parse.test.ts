import { describe, expect, it } from 'vitest';
import {
  isHardware,
  parseDevices,
  parseDriver,
  parseKeyId,
  parseKeyStatus,
  parseMounts,
  parsePolicy,
} from './parse.ts';

const ID = 'b437c63525800c013f5d0ded5d0d0894';

describe('what the kernel says of a key', () => {
  it.each([
    ['Absent\n', 'absent'],
    ['Present (user_count=1, added_by_self)\n', 'present'],
    ['Incompletely removed\n', 'busy'],
  ])('%j is %s', (said, state) => expect(parseKeyStatus(said)).toBe(state));

  it.each(['', 'Removed encryption key', 'absent', 'Error getting encryption key status: No data available'])(
    '%j is nothing that it could be taken for',
    (said) => expect(parseKeyStatus(said)).toBeUndefined(),
  );

  it('is the id that it gave', () => {
    expect(parseKeyId(`Added encryption key with identifier ${ID}\n`)).toBe(ID);
    expect(parseKeyId('Error adding encryption key: Invalid argument')).toBeUndefined();
    expect(parseKeyId(`${ID}0`)).toBeUndefined();
  });
});

it('the key of a directory is in its policy', () => {
  const said = `Encryption policy for /m/data:\n\tPolicy version: 2\n\tMaster key identifier: ${ID}\n\tContents encryption mode: 1 (AES-256-XTS)\n`;
  expect(parsePolicy(said)).toBe(ID);
  expect(parsePolicy('Error getting encryption policy for /m/data: No data available')).toBeUndefined();
});

it('devices are the lines that name one', () => {
  expect(parseDevices('/dev/loop0\n/dev/loop12\n')).toEqual(['/dev/loop0', '/dev/loop12']);
  expect(parseDevices('')).toEqual([]);
  expect(parseDevices('/dev/loop0 (deleted)\n')).toEqual([]);
});

it('mounts have a path, a source and what they share', () => {
  const text = [
    '36 35 98:0 /mnt1 /var/lib/bastide/projects rw,noatime shared:12 - ext4 /dev/vda rw',
    '37 36 7:0 / /var/lib/bastide/projects/a\\040b rw shared:13 master:2 - ext4 /dev/loop0 rw',
    '38 36 7:0 / /plain rw - ext4 /dev/loop1 rw',
    '',
  ].join('\n');
  expect(parseMounts(text)).toEqual([
    { path: '/var/lib/bastide/projects', source: '/dev/vda', shared: true },
    { path: '/var/lib/bastide/projects/a b', source: '/dev/loop0', shared: true },
    { path: '/plain', source: '/dev/loop1', shared: false },
  ]);
});

describe('the driver', () => {
  const entry = (driver: string, priority: number) =>
    `name         : xts(aes)\ndriver       : ${driver}\nmodule       : kernel\npriority     : ${priority}\n`;
  it('is the one that the kernel prefers', () => {
    const crypto = [entry('xts(ecb(aes-generic))', 100), entry('xts-aes-aesni-avx', 500), 'name : sha1\n'];
    expect(parseDriver(crypto.join('\n'))).toBe('xts-aes-aesni-avx');
    expect(parseDriver('name : sha1\n')).toBeUndefined();
  });
  it.each([
    ['xts-aes-aesni', true],
    ['xts-aes-vaes-avx10', true],
    ['xts-aes-ce', true],
    ['xts-aes-neonbs', true],
    ['xts(ecb(aes-fixed-time))', false],
    ['xts(ecb(aes-generic))', false],
  ])('%s by hardware: %s', (driver, hardware) => expect(isHardware(driver)).toBe(hardware));
});
