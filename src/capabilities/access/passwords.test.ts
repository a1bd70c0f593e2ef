import { expect, test } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import { networkOf } from './network.ts';
import { hashPassword, passwordMatches } from './passwords.ts';
import { hashRecoveryCode, newRecoveryCodes } from './recovery-codes.ts';
import { refusePassword } from './strength.ts';
import { codeAt, newSeed, openSeed, sealSeed, stepOf } from './totp.ts';

const secret = (text: string) => new Secret(text);

test('a password is kept as argon2id of 19 MiB and two passes, with a salt of its own', async () => {
  const [one, other] = [await hashPassword(secret('a b c')), await hashPassword(secret('a b c'))];
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(one).not.toBe(other);
  expect(await passwordMatches(one, secret('a b c'))).toBe(true);
  expect(await passwordMatches(one, secret('a b d'))).toBe(false);
  // The same letter, composed and not.
  const composed = await hashPassword(secret('caf\u00e9'));
  expect(await passwordMatches(composed, secret('cafe\u0301'))).toBe(true);
});

test('no account has no password, not even the one that nothing hashes to', async () => {
  expect(await passwordMatches(undefined, secret(''))).toBe(false);
  expect(await passwordMatches('$2b$10$abc', secret('x'))).toBe(false);
});

test.each([
  ['too short', 'x9$Kq2mV7pL', 'password_short'],
  ['on the list', 'qwertyuiop12', 'password_known'],
  ['on the list with a tail', 'qwertyuiop2026!!', 'password_known'],
  ['the address', 'ada@example.org', 'password_weak'],
  ['repeated', 'hunter2hunter2', 'password_weak'],
])('a password that is %s is refused', (_, password, code) => {
  expect(refusePassword(secret(password), ['ada@example.org'])?.code).toBe(code);
});

test.each(['correct horse battery staple', 'aaa zebra mortar 4 lilac', 'ein langer deutscher satz'])(
  'a password of small letters and blanks will do: %s',
  (password) => expect(refusePassword(secret(password), ['ada@example.org'])).toBeUndefined(),
);

test('a code belongs to its time, a step to each side, and later than the last one', () => {
  const seed = newSeed();
  const now = new Date('2026-03-01T10:00:10Z');
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  const step = stepOf(seed, codeAt(seed, now), null, now)!;
  expect(step).toBe(Math.floor(now.getTime() / 30_000));
  expect(stepOf(seed, codeAt(seed, at(-30)), null, now)).toBe(step - 1);
  expect(stepOf(seed, codeAt(seed, at(30)), step, now)).toBe(step + 1);
  expect(stepOf(seed, codeAt(seed, now), step, now)).toBeUndefined();
  expect(stepOf(seed, codeAt(seed, at(-30)), step, now)).toBeUndefined();
  expect(stepOf(seed, codeAt(seed, at(-90)), null, now)).toBeUndefined();
  for (const wrong of ['', '12345', '1234567', 'abcdef', '１２３４５６'])
    expect(stepOf(seed, wrong, null, now)).toBeUndefined();
});

test('a seed opens with its key, for its account, unchanged, and with nothing else', () => {
  const key = secret(Buffer.alloc(32, 1).toString('base64url'));
  const seed = newSeed();
  const sealed = sealSeed(key, 'ada', seed);
  expect(openSeed(key, 'ada', sealed)?.reveal()).toBe(seed.reveal());
  expect(openSeed(key, 'eve', sealed)).toBeUndefined();
  expect(openSeed(secret(Buffer.alloc(32, 2).toString('base64url')), 'ada', sealed)).toBeUndefined();
  const changed = Buffer.from(sealed);
  changed[20]! ^= 1;
  expect(openSeed(key, 'ada', changed)).toBeUndefined();
  expect(openSeed(key, 'ada', sealed.subarray(0, 10))).toBeUndefined();
  expect(() => sealSeed(secret('short'), 'ada', seed)).toThrow('256 bits');
});

test('a recovery code is the same however it is typed', () => {
  const [code] = newRecoveryCodes();
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}$/);
  expect(hashRecoveryCode(code!.toLowerCase().replaceAll('-', ''))).toEqual(hashRecoveryCode(code!));
  expect(hashRecoveryCode('OIL-00')).toEqual(hashRecoveryCode('011 00'));
});

test.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['::ffff:203.0.113.77', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:0db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
  ['nonsense', 'unknown'],
])('the network of %s is %s', (address, network) => expect(networkOf(address)).toBe(network));
