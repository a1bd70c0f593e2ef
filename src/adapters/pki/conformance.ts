import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import type { Pki } from './port.ts';

const shop = { commonName: 'shop.localhost', hosts: ['shop.localhost'], usage: 'server', days: 30 } as const;

/** What every authority promises. */
export function pkiConformance(name: string, make: () => Promise<Pki> | Pki): void {
  describe(`${name} as a certificate authority`, () => {
    it('keeps one root', async () => {
      const pki = await make();
      const [first, second] = [must(await pki.root()), must(await pki.root())];
      expect(second.fingerprint).toBe(first.fingerprint);
      expect(new X509Certificate(first.certificate).ca).toBe(true);
    });

    it('signs leaves that its root vouches for, each with a key of its own', async () => {
      const pki = await make();
      const root = new X509Certificate(must(await pki.root()).certificate);
      const one = must(await pki.issue({ ...shop, addresses: ['10.200.0.1'] }));
      const two = must(await pki.issue(shop));
      const leaf = new X509Certificate(one.certificate);
      expect(leaf.checkIssued(root)).toBe(true);
      expect(leaf.verify(root.publicKey)).toBe(true);
      expect(leaf.ca).toBe(false);
      expect(leaf.checkHost('shop.localhost')).toBe('shop.localhost');
      expect(leaf.checkHost('other.localhost')).toBeUndefined();
      expect(leaf.checkIP('10.200.0.1')).toBe('10.200.0.1');
      expect(one.key.reveal()).not.toBe(two.key.reveal());
      expect(leaf.serialNumber).not.toBe(new X509Certificate(two.certificate).serialNumber);
      expect(JSON.stringify(one)).not.toContain('PRIVATE');
    });

    it.each([
      'shop.localhost\0.evil',
      '10.0.0.1',
      'späti.example',
      '',
      'a..b',
      '-a.example',
      `${'a'.repeat(64)}.example`,
    ])('refuses the name %j', async (host) => {
      expect(await (await make()).issue({ ...shop, hosts: [host] })).toMatchObject({
        code: 'pki_name_invalid',
      });
    });

    it.each([0, 826, 1.5, Number.NaN])('refuses %s days', async (days) => {
      expect(await (await make()).issue({ ...shop, days })).toMatchObject({ code: 'pki_days_invalid' });
    });
  });
}
