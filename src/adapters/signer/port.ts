import type { Outcome } from '../../kernel/refusal.ts';

/** in-toto Statement v1 about one image, with a SLSA v1 provenance predicate. */
export interface Provenance {
  readonly image: { readonly repository: string; readonly digest: string };
  readonly buildType: string;
  readonly source: { readonly uri: string; readonly digest: Readonly<Record<string, string>> };
  readonly stack: { readonly name: string; readonly version: string; readonly digest: string };
  readonly builder: string;
  readonly invocation: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** A Sigstore bundle v0.3 as JSON (DSSE envelope inside), signed by the platform's own key, no outside log. */
export type Bundle = Readonly<Record<string, unknown>>;

/** Refusals of verify: `signature_missing`, `signature_invalid`, `signature_other_image`. */
export interface Signer {
  sign(provenance: Provenance): Promise<Outcome<Bundle>>;
  verify(bundle: unknown, image: { repository: string; digest: string }): Promise<Outcome<Provenance>>;
}
