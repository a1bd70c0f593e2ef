import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import type { Provenance, Signer } from './port.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

export const provenance: Provenance = {
  image: { repository: 'apps/shop', digest: digest('a') },
  buildType: 'https://bastide.dev/build/v1',
  source: { uri: 'git+https://example.org/shop', digest: { gitCommit: '0'.repeat(40) } },
  stack: { name: 'node', version: '20261121-0123456789ab', digest: digest('b') },
  builder: 'https://bastide.dev/builder/jail/v1',
  invocation: '0193',
  startedAt: '2026-11-22T00:00:00.000Z',
  finishedAt: '2026-11-22T00:00:07.000Z',
};

const { image } = provenance;

interface Envelope {
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid: string }[] };
}

/** What every signer promises. `make` gives a new key each time. */
export function signerConformance(name: string, make: () => Promise<Signer> | Signer): void {
  const signed = async () => {
    const signer = await make();
    return { signer, bundle: structuredClone(must(await signer.sign(provenance))) as unknown as Envelope };
  };

  describe(`${name} as a signer`, () => {
    it('gives back what it signed', async () => {
      const { signer, bundle } = await signed();
      expect(await signer.verify(bundle, image)).toEqual(provenance);
    });

    it('writes a bundle that other tools read: v0.3, no keyid', async () => {
      const { bundle } = await signed();
      expect(bundle).toMatchObject({ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' });
      expect(bundle.dsseEnvelope.signatures[0]?.keyid ?? '').toBe('');
    });

    it.each([undefined, null])('misses a signature that is %s', async (bundle) => {
      expect(await (await make()).verify(bundle, image)).toMatchObject({ code: 'signature_missing' });
    });

    it('refuses a payload that was changed', async () => {
      const { signer, bundle } = await signed();
      const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString().replace('jail', 'evil');
      bundle.dsseEnvelope.payload = Buffer.from(text).toString('base64');
      expect(await signer.verify(bundle, image)).toMatchObject({ code: 'signature_invalid' });
    });

    it('refuses what another key signed', async () => {
      const { bundle } = await signed();
      expect(await (await make()).verify(bundle, image)).toMatchObject({ code: 'signature_invalid' });
    });

    it.each([
      ['digest', { ...image, digest: digest('c') }],
      ['repository', { ...image, repository: 'apps/other' }],
    ])('refuses a signature of another %s', async (_what, other) => {
      const { signer, bundle } = await signed();
      expect(await signer.verify(bundle, other)).toMatchObject({ code: 'signature_other_image' });
    });

    it('refuses every change of one character, wherever it is', async () => {
      const { signer, bundle } = await signed();
      const { payload, signatures } = bundle.dsseEnvelope;
      await fc.assert(
        fc.asyncProperty(
          fc.boolean(),
          fc.nat(),
          fc.constantFrom('A', 'b', '7', '+'),
          async (inPayload, at, letter) => {
            const text = inPayload ? payload : signatures[0]!.sig;
            const index = at % text.length;
            const changed = text.slice(0, index) + letter + text.slice(index + 1);
            fc.pre(!Buffer.from(changed, 'base64').equals(Buffer.from(text, 'base64')));
            const tampered = structuredClone(bundle);
            if (inPayload) tampered.dsseEnvelope.payload = changed;
            else tampered.dsseEnvelope.signatures[0]!.sig = changed;
            expect(await signer.verify(tampered, image)).toMatchObject({ code: 'signature_invalid' });
          },
        ),
        { numRuns: 60 },
      );
    });

    it('answers any nonsense with a refusal', async () => {
      const signer = await make();
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (nonsense) => {
          expect(await signer.verify(nonsense, image)).toHaveProperty('code');
        }),
      );
    });
  });
}
