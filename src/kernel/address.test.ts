import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, isOutside } from './address.ts';

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['203.0.113.0/24', undefined],
    ['fe80::1%eth0', undefined],
    ['example.org', undefined],
    ['', undefined],
  ])('%s is written %s', (address, written) => expect(canonical(address)).toBe(written));

  it('is outside, or nobody has it there', () => {
    for (const inside of [
      '127.0.0.1',
      '0.0.0.0',
      '10.200.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'ff02::1',
    ])
      expect(isOutside(inside)).toBe(false);
    for (const outside of ['203.0.113.7', '192.168.1.7', '2001:db8::7'])
      expect(isOutside(outside)).toBe(true);
  });

  it('has one spelling, whatever was given', () =>
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const once = canonical(address)!;
        expect(canonical(once)).toBe(once);
      }),
    ));
});
