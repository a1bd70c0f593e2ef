import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bundleFromJSON, bundleToJSON, isBundleWithDsseEnvelope, toDSSEBundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { signatureInvalid, signatureMissing, signatureOtherImage } from './errors.ts';
import { loadOrCreateKey } from './key.ts';
import type { Bundle, Provenance, Signer } from './port.ts';
import { fromStatement, PAYLOAD_TYPE, Statement, toStatement } from './statement.ts';

/** No outside authority, log or clock is trusted: one key is. */
const NOBODY = TrustedRoot.fromJSON({
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [],
  certificateAuthorities: [],
  ctlogs: [],
  timestampAuthorities: [],
});

const NO_WITNESS = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };

/** A signer with this private key (ECDSA P-256). */
export function signerWith(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const hint = createHash('sha256').update(spki).digest('hex');
  const trust = toTrustMaterial(NOBODY, (wanted) => {
    if (wanted !== hint) throw new Error('it was made with another key');
    return {
      publicKey,
      publicKeyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
      validFor: () => true,
    };
  });
  const verifier = new Verifier(trust, NO_WITNESS);

  return {
    async sign(provenance: Provenance): Promise<Outcome<Bundle>> {
      const artifact = Buffer.from(JSON.stringify(toStatement(provenance)));
      const signature = sign('sha256', dsse.preAuthEncoding(PAYLOAD_TYPE, artifact), privateKey);
      const bundle = toDSSEBundle({ artifact, artifactType: PAYLOAD_TYPE, signature, keyHint: hint });
      // The hint finds the key. A keyid in the envelope as well makes cosign refuse the bundle.
      for (const each of bundle.content.dsseEnvelope.signatures) each.keyid = '';
      return bundleToJSON(bundle) as unknown as Bundle;
    },

    async verify(bundle, image): Promise<Outcome<Provenance>> {
      const { repository } = image;
      if (bundle === null || bundle === undefined) return signatureMissing(repository);
      const statement = opened(verifier, bundle, repository);
      if (isRefusal(statement)) return statement;
      const provenance = fromStatement(statement);
      const same = provenance.image.digest === image.digest && provenance.image.repository === repository;
      return same
        ? provenance
        : signatureOtherImage(repository, `${provenance.image.repository}@${provenance.image.digest}`);
    },
  };
}

/** The signed statement of a bundle whose signature holds. Whatever else a bundle may be, the answer is a refusal. */
function opened(verifier: Verifier, bundle: unknown, repository: string): Outcome<Statement> {
  try {
    const parsed = bundleFromJSON(bundle);
    if (!isBundleWithDsseEnvelope(parsed)) return signatureMissing(repository);
    if (parsed.verificationMaterial.content.$case !== 'publicKey') {
      return signatureInvalid(repository, 'it was made with a certificate');
    }
    verifier.verify(toSignedEntity(parsed));
    const { payload, payloadType } = parsed.content.dsseEnvelope;
    if (payloadType !== PAYLOAD_TYPE) return signatureInvalid(repository, `it signs a ${payloadType}`);
    const statement = Statement.safeParse(JSON.parse(payload.toString('utf8')));
    return statement.success ? statement.data : signatureInvalid(repository, 'it signs something else');
  } catch (error) {
    return signatureInvalid(repository, error instanceof Error ? error.message : String(error));
  }
}

/** The platform's signer; its key lies in `keyFile` and is made on first use. Refusals: `signer_key_unreadable`. */
export async function makeSigner(keyFile: string): Promise<Outcome<Signer>> {
  const key = await loadOrCreateKey(keyFile);
  return isRefusal(key) ? key : signerWith(key);
}
