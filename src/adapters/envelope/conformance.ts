import { describe, expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { openText, wrapText } from './platform.ts';
import type { RootKeys } from './port.ts';

/** What every keeper of root keys must do. `make` gives one with a single key. */
export function rootKeysConform(name: string, make: () => Promise<RootKeys>): void {
  describe(`root keys: ${name}`, () => {
    const plain = Buffer.from('a private key');

    test('unwrap what they wrapped, for the same purpose only', async () => {
      const roots = await make();
      const { keyId, wrapped } = must(await roots.wrap('project-1', plain));
      expect(must(await roots.ids())).toEqual([keyId]);
      expect(must(await roots.unwrap(keyId, 'project-1', wrapped))).toEqual(plain);
      expect(must(await roots.unwrap(keyId, 'project-2', wrapped))).toBeUndefined();
      expect(must(await roots.unwrap('0000000000000000', 'project-1', wrapped))).toBeUndefined();
      wrapped[wrapped.length - 1]! ^= 1;
      expect(must(await roots.unwrap(keyId, 'project-1', wrapped))).toBeUndefined();
    });

    test('derive the same for the same purpose, and another for another', async () => {
      const roots = await make();
      const [id] = must(await roots.ids());
      const derive = async (purpose: string) => must(await roots.derive(id!, purpose))!.toString('hex');
      expect(await derive('backups')).toBe(await derive('backups'));
      expect(await derive('backups')).not.toBe(await derive('other'));
      expect(must(await roots.derive('0000000000000000', 'backups'))).toBeUndefined();
      const secret = new Secret('hunter2');
      const text = must(await wrapText(roots, 'vault:1', secret));
      expect(must(await openText(roots, 'vault:1', text)).reveal()).toBe('hunter2');
      const elsewhere = await openText(roots, 'vault:2', text);
      expect(isRefusal(elsewhere) && elsewhere.code).toBe('seal_broken');
    });

    test('a new generation wraps from then on, and the old one still unwraps', async () => {
      const roots = await make();
      const old = must(await roots.wrap('p', plain));
      const added = must(await roots.add());
      expect(must(await roots.ids())).toEqual([old.keyId, added]);
      expect(must(await roots.wrap('p', plain)).keyId).toBe(added);
      expect(must(await roots.unwrap(old.keyId, 'p', old.wrapped))).toEqual(plain);
    });

    test('a destroyed generation unwraps nothing again, and the current one cannot be destroyed', async () => {
      const roots = await make();
      const old = must(await roots.wrap('p', plain));
      const refused = await roots.destroy(old.keyId);
      expect(isRefusal(refused) && refused.code).toBe('root_key_current');
      const added = must(await roots.add());
      must(await roots.destroy(old.keyId));
      must(await roots.destroy(old.keyId));
      expect(must(await roots.ids())).toEqual([added]);
      expect(must(await roots.unwrap(old.keyId, 'p', old.wrapped))).toBeUndefined();
    });
  });
}
