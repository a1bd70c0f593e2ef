import type { OperationKind } from '../../engine/capability.ts';
import type { EdgeDeps } from './deps.ts';
import { certificateKeep } from './keep.ts';
import { observeCertificates } from './observe.ts';
import { type CertificateWork, certificatePlan } from './plan.ts';
import * as store from './store.ts';

interface DomainFacts {
  readonly due: readonly CertificateWork[];
}

/** `edge.domains`: an app's names have changed; those that need a certificate get one. Routes follow by themselves. */
export const edgeKinds = (deps: EdgeDeps): OperationKind<DomainFacts>[] => [
  {
    kind: 'edge.domains',
    async observe({ appId }) {
      const hosts = appId === null ? [] : await store.hostsOf(deps.db, appId);
      const wish = { hosts, domain: deps.domain, acme: deps.acme !== undefined };
      // Looked up afresh: the worker's keep may have written since.
      const known = await observeCertificates(deps, certificateKeep(deps.certificates), hosts);
      return { due: certificatePlan(wish, known, (deps.now ?? Date.now)()) };
    },
    plan: ({ appId, failure }, { due }) =>
      due.length === 0 || failure !== null
        ? []
        : [
            {
              capability: 'edge',
              kind: 'certificates',
              key: appId!,
              summary: `Get certificates for ${due.map((work) => work.host).join(', ')}`,
              input: { appId },
            },
          ],
  },
];
