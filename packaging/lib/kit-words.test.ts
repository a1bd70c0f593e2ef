import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { lacksOf, parseKitArgs, passphraseFrom } from './kit-words.ts';

describe('the passphrase', () => {
  it('is eight groups of letters that nobody confuses, another each time', () => {
    const one = passphraseFrom(randomBytes);
    expect(one).toMatch(/^([a-hjkmnp-z2-9]{4}-){7}[a-hjkmnp-z2-9]{4}$/);
    expect(passphraseFrom(randomBytes)).not.toBe(one);
  });

  it('uses no byte that would favour some letters', () => {
    const bytes = [new Uint8Array(64).fill(255), new Uint8Array(64).fill(0)];
    expect(passphraseFrom(() => bytes.shift()!)).toBe(Array(8).fill('aaaa').join('-'));
  });
});

describe('the words', () => {
  const today = '2026-11-22';
  it.each([
    [[], { verb: 'make', file: 'bastide-recovery-kit-2026-11-22.txt', json: false, stdin: false }],
    [['kit.txt', '--json'], { verb: 'make', file: 'kit.txt', json: true, stdin: false }],
    [['test', 'kit.txt', '--passphrase-stdin'], { verb: 'test', file: 'kit.txt', json: false, stdin: true }],
    [['test'], undefined],
    [['a', 'b'], undefined],
    [['--passphrase=x'], undefined],
  ])('%j', (args, wanted) => {
    expect(parseKitArgs(args, today)).toEqual(wanted);
  });
});

describe('what a kit lacks', () => {
  const whole = {
    current: 'b',
    here: ['a', 'b'],
    inKit: ['a', 'b'],
    vaultsHere: ['cellar'],
    vaultsInKit: ['cellar'],
    keysHere: 3,
    keysThatOpen: 3,
    platformKey: true,
  };
  it('is nothing when it brings everything back', () => {
    expect(lacksOf(whole)).toEqual([]);
    expect(lacksOf({ ...whole, here: ['b'] })).toEqual([]);
  });
  it.each([
    [{ inKit: ['a'] }, ['it was made before the root key was rotated', 'it lacks root key b']],
    [{ vaultsInKit: [] }, ['it does not know the vault cellar']],
    [{ platformKey: false }, ["it lacks the key of the platform's own backups"]],
    [{ keysThatOpen: 1 }, ['it opens 1 of 3 project keys']],
  ])('%j', (change, lacks) => {
    expect(lacksOf({ ...whole, ...change })).toEqual(lacks);
  });
});
