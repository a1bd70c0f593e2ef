import { z } from 'zod';
import type { OperationKind } from '../../engine/capability.ts';
import type { EdgeDeps } from './deps.ts';
import { certificateKeep } from './keep.ts';
import { observeCertificates } from './observe.ts';
import { type CertificateWork, certificatePlan } from './plan.ts';
import { claimsOf } from './store/claims.ts';
import * as store from './store.ts';

const Claim = z.object({ host: z.string() });

interface DomainFacts {
  /** A name that waits for its proof. */
  readonly claimed?: string;
  readonly due: readonly CertificateWork[];
}

/** Which of the app's names need a certificate. */
async function dueOf(deps: EdgeDeps, appId: string | null): Promise<readonly CertificateWork[]> {
  const hosts = appId === null ? [] : await store.hostsOf(deps.db, appId);
  const wish = { hosts, domain: deps.domain, acme: deps.acme !== undefined };
  // Looked up afresh: the worker's keep may have written since.
  const known = await observeCertificates(deps, certificateKeep(deps.certificates), hosts);
  return certificatePlan(wish, known, (deps.now ?? Date.now)());
}

const plan: OperationKind<DomainFacts>['plan'] = ({ appId, failure }, { claimed, due }) => {
  if (failure !== null) return [];
  const input = { appId };
  if (claimed !== undefined)
    return [
      {
        capability: 'edge',
        kind: 'prove',
        key: `${appId}:${claimed}`,
        summary: `Look for the record that proves ${claimed}`,
        input: { ...input, host: claimed },
      },
    ];
  if (due.length === 0) return [];
  const summary = `Get certificates for ${due.map((work) => work.host).join(', ')}`;
  return [{ capability: 'edge', kind: 'certificates', key: appId!, summary, input }];
};

/**
 * `edge.domains`: an app's names have changed; those that need a certificate get one. Routes follow by themselves.
 * `edge.claim`: the same, once the record that proves the name was seen.
 */
export const edgeKinds = (deps: EdgeDeps): OperationKind<DomainFacts>[] => [
  { kind: 'edge.domains', observe: async ({ appId }) => ({ due: await dueOf(deps, appId) }), plan },
  {
    kind: 'edge.claim',
    async observe({ appId, input }) {
      const { host } = Claim.parse(input);
      const waits = appId !== null && (await claimsOf(deps.db, appId)).some((claim) => claim.host === host);
      return waits ? { claimed: host, due: [] } : { due: await dueOf(deps, appId) };
    },
    plan,
  },
];
