import { describe, expect, it } from 'vitest';
import type { Kit } from '../../src/adapters/envelope/kit.ts';
import { parseRecoverArgs, vaultOf } from './recover-words.ts';

const vault = (name: string, place: string) => ({
  ...{ id: name, name, url: `https://${name}:8444`, place },
  ...{ ca: null, username: 'u', password: 'p' },
});
const kit = { vaults: [vault('near', 'here'), vault('far', 'elsewhere')] } as unknown as Kit;

describe('the words', () => {
  it('are a kit, and maybe a vault', () => {
    expect(parseRecoverArgs(['--kit', 'k.txt', '--vault', 'far', '--json'])).toEqual({
      kit: 'k.txt',
      vault: 'far',
      json: true,
      stdin: false,
    });
    for (const wrong of [[], ['--vault', 'far'], ['--kit'], ['--kit', 'k', 'more'], ['--else']])
      expect(parseRecoverArgs(wrong)).toBeUndefined();
  });
});

describe('the vault', () => {
  it('is the one that is meant, by name or address', () => {
    expect(vaultOf(kit, 'near')?.name).toBe('near');
    expect(vaultOf(kit, 'https://far:8444/')?.name).toBe('far');
    expect(vaultOf(kit, 'nowhere')).toBeUndefined();
  });

  it('is one elsewhere where nobody says', () => {
    expect(vaultOf(kit, undefined)?.name).toBe('far');
    expect(vaultOf({ ...kit, vaults: [] }, undefined)).toBeUndefined();
  });
});
