import { describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { makeKeyPair } from './keys.ts';
import type { TunnelSettings, Wireguard } from './port.ts';

const [ONE, OTHER] = [makeKeyPair().publicKey, makeKeyPair().publicKey].sort() as [string, string];

/** What a tunnel's end promises; the interface is not there when it begins, nor when it ends. */
export function wireguardConformance(
  name: string,
  make: () => { readonly wireguard: Wireguard; readonly settings: TunnelSettings },
): void {
  describe(name, () => {
    it('has one key, which it keeps', async () => {
      const { wireguard } = make();
      const key = must(await wireguard.publicKey());
      expect(key).toMatch(/^[A-Za-z0-9+/]{43}=$/);
      expect(must(await wireguard.publicKey())).toBe(key);
    });

    it('is not there, comes, comes again, and goes', async () => {
      const { wireguard, settings } = make();
      expect(must(await wireguard.look())).toBeUndefined();
      must(await wireguard.raise());
      must(await wireguard.raise());
      expect(must(await wireguard.look())).toMatchObject({
        up: true,
        addresses: [`${settings.address}/24`],
        peers: [],
      });
      must(await wireguard.lower());
      must(await wireguard.lower());
      expect(must(await wireguard.look())).toBeUndefined();
    });

    it('lets in exactly who it is told', async () => {
      const { wireguard, settings } = make();
      must(await wireguard.raise());
      const [one, other] = [
        { publicKey: ONE, address: '10.202.0.2' },
        { publicKey: OTHER, address: '10.202.0.3' },
      ];
      const peers = async () =>
        (must(await wireguard.look())?.peers ?? [])
          .map(({ publicKey, allowed }) => ({ publicKey, address: allowed.join() }))
          .sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1));
      must(await wireguard.admit([one, other]));
      must(await wireguard.admit([other, one]));
      expect(must(await wireguard.look())).toMatchObject({
        publicKey: must(await wireguard.publicKey()),
        port: settings.port,
      });
      expect(await peers()).toEqual([
        { publicKey: ONE, address: '10.202.0.2/32' },
        { publicKey: OTHER, address: '10.202.0.3/32' },
      ]);
      must(await wireguard.admit([{ ...other, address: '10.202.0.9' }]));
      expect(await peers()).toEqual([{ publicKey: OTHER, address: '10.202.0.9/32' }]);
      must(await wireguard.admit([]));
      expect(await peers()).toEqual([]);
      must(await wireguard.lower());
    });

    it('admits nobody where there is no interface', async () => {
      const { wireguard } = make();
      expect(await wireguard.admit([])).toMatchObject({ code: 'wireguard_failed' });
    });
  });
}
