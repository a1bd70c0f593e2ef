import type { Millis } from '../../../kernel/time.ts';

export type Issuer = 'internal' | 'acme';

/** What is known about the certificate of a host. */
export interface CertificateFacts {
  readonly host: string;
  readonly issuer: Issuer;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
  readonly lastError: string | null;
  readonly triedAt: Millis;
  /** The certificate and its key are on this node. */
  readonly present: boolean;
}

export interface CertificateWork {
  readonly host: string;
  readonly issuer: Issuer;
  readonly why: 'missing' | 'renewal' | 'issuer';
}

export interface CertificateWish {
  readonly hosts: readonly string[];
  /** The platform's own domain; names under it, like those under `localhost`, are the internal authority's. */
  readonly domain: string;
  /** Whether a public authority is configured at all. */
  readonly acme: boolean;
}

const MINUTE = 60_000;
/** Let's Encrypt allows five failed proofs of a name in an hour. */
const BACK_OFF: Readonly<Record<string, Millis>> = {
  acme_unreachable: 2 * MINUTE,
  acme_rate_limited: 180 * MINUTE,
};
const OTHERWISE = 15 * MINUTE;

/** Who vouches for a host. */
export function issuerOf(host: string, { domain, acme }: Pick<CertificateWish, 'domain' | 'acme'>): Issuer {
  const own = host === domain || host.endsWith(`.${domain}`);
  return acme && !own && !host.endsWith('.localhost') ? 'acme' : 'internal';
}

/** An error is kept as `code: message`. */
const waits = (known: CertificateFacts, now: Millis): boolean =>
  known.lastError !== null &&
  now < known.triedAt + (BACK_OFF[known.lastError.split(':')[0] ?? ''] ?? OTHERWISE);

function why(
  known: CertificateFacts | undefined,
  issuer: Issuer,
  now: Millis,
): CertificateWork['why'] | undefined {
  if (!known?.present) return 'missing';
  if (known.issuer !== issuer) return 'issuer';
  const lifetime = known.notAfter - known.notBefore;
  return known.notAfter - now < lifetime / 3 ? 'renewal' : undefined;
}

/**
 * Which hosts need a certificate now: those without one, those whose issuer has changed, and those with less than a
 * third of their lifetime left. A host that failed waits: two minutes where the authority did not answer, three
 * hours where it says that there were too many, else fifteen minutes.
 */
export function certificatePlan(
  wish: CertificateWish,
  known: readonly CertificateFacts[],
  now: Millis,
): CertificateWork[] {
  const byHost = new Map(known.map((facts) => [facts.host, facts]));
  return wish.hosts.flatMap((host) => {
    const facts = byHost.get(host);
    const issuer = issuerOf(host, wish);
    const reason = why(facts, issuer, now);
    return reason === undefined || (facts && waits(facts, now)) ? [] : [{ host, issuer, why: reason }];
  });
}
