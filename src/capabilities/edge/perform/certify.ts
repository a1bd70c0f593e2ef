import { isRefusal, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { EdgeDeps } from '../deps.ts';
import type { CertificateKeep } from '../keep.ts';
import { observeCertificates } from '../observe.ts';
import { type CertificateWork, certificatePlan } from '../plan.ts';
import * as store from '../store.ts';
import type { Sync } from './sync.ts';

/** Days of a certificate of the internal authority; renewed when thirty are left. */
const INTERNAL_DAYS = 90;

interface Issued {
  readonly pem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly fingerprint: string;
}

export interface Certifier {
  readonly deps: EdgeDeps;
  readonly keep: CertificateKeep;
  readonly sync: Sync;
  readonly challenges: Map<string, string>;
}

async function internal({ deps }: Certifier, host: string): Promise<Outcome<Issued>> {
  const leaf = await deps.pki.issue({
    commonName: host.slice(0, 64),
    hosts: [host],
    usage: 'server',
    days: INTERNAL_DAYS,
  });
  if (isRefusal(leaf)) return leaf;
  return { ...leaf, pem: leaf.certificate + leaf.key.reveal() };
}

async function acme(certifier: Certifier, host: string): Promise<Outcome<Issued>> {
  const { deps, sync, challenges } = certifier;
  if (!deps.acme) return internal(certifier, host);
  const got = await deps.acme.issue([host], {
    async publish(token, keyAuthorization) {
      challenges.set(token, keyAuthorization);
      const synced = await sync.sync();
      if (isRefusal(synced)) return synced;
    },
    async withdraw(token) {
      challenges.delete(token);
    },
  });
  return isRefusal(got) ? got : { ...got, pem: got.chain + got.key.reveal() };
}

async function one(certifier: Certifier, work: CertificateWork): Promise<Outcome<void>> {
  const { deps, keep } = certifier;
  const issued = await (work.issuer === 'acme' ? acme : internal)(certifier, work.host);
  const refused = isRefusal(issued) ? issued : await keep.put(work.host, issued.pem);
  if (isRefusal(issued) || isRefusal(refused)) {
    const { code, message } = refused as Refusal;
    await store.recordFailure(deps.db, work.host, work.issuer, `${code}: ${message}`);
    return refused as Refusal;
  }
  await store.recordCertificate(deps.db, { host: work.host, issuer: work.issuer, ...issued });
}

/** Said where a name of the customer's own gets a certificate that strangers' browsers refuse. */
const hint = ({ acme, domain }: EdgeDeps, { host }: CertificateWork): string =>
  acme || host === domain || host.endsWith(`.${domain}`)
    ? ''
    : ': trusted by those who trust this platform; for one that all browsers trust the operator starts it with --acme-email';

/**
 * Gives the hosts what `certificatePlan` says they need. A host that cannot get one is reported and tried again
 * later; the others are not held up.
 */
export async function certify(
  certifier: Certifier,
  hosts: readonly string[],
  report: (line: string) => void,
): Promise<Outcome<{ issued: number }>> {
  const { deps, keep, sync } = certifier;
  const now = (deps.now ?? Date.now)();
  const wish = { hosts, domain: deps.domain, acme: deps.acme !== undefined };
  const work = certificatePlan(wish, await observeCertificates(deps, keep, hosts), now);
  let issued = 0;
  for (const item of work) {
    const done = await one(certifier, item);
    if (isRefusal(done)) report(`${item.host} has no certificate yet: ${done.message} (${done.next})`);
    else {
      issued += 1;
      report(`${item.host} has a certificate (${item.issuer})${hint(deps, item)}`);
    }
  }
  if (issued > 0) {
    const synced = await sync.sync();
    if (isRefusal(synced)) return synced;
  }
  return { issued };
}
