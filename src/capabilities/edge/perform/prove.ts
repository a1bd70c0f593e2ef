import { submit } from '../../../engine/submit.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { EdgeDeps } from '../deps.ts';
import { hostTaken, hostUnproven, nameServersSilent } from '../errors.ts';
import { domainsTarget } from '../model.ts';
import { namesAbove, proofOf } from '../plan.ts';
import * as claims from '../store/claims.ts';

/** Claims that are looked after at a time. */
const AT_A_TIME = 20;

type Looking = Pick<EdgeDeps, 'db' | 'txt'>;

/** What stands in the zone about a name: at the name itself, and at it or above it. */
async function seenOf({ txt }: Looking, host: string): Promise<Outcome<ReadonlySet<string>>> {
  const answers = await Promise.all(namesAbove(host).map((name) => txt(proofOf(name, '').record)));
  // What one server withholds another may have said: only where nothing was heard is nothing known.
  if (answers.every((answer) => answer === undefined)) return nameServersSilent(host);
  return new Set(answers.flatMap((answer) => answer ?? []).map((text) => text.trim()));
}

/** Gives a claimed name to its app if the organization's record stands in the zone. Refuses `host_unproven`, `host_taken`. */
export async function prove(deps: Looking, appId: string, host: string): Promise<Outcome<void>> {
  const claim = (await claims.claimsOf(deps.db, appId)).find((one) => one.host === host);
  if (!claim) return;
  const seen = await seenOf(deps, host);
  await claims.recordLook(deps.db, claim.id);
  if (isRefusal(seen)) return seen;
  const proof = proofOf(host, claim.token);
  if (!seen.has(proof.value)) return hostUnproven(host, proof);
  // Where the zone names both, whoever has it keeps it.
  const holder = await claims.foreignHolder(deps.db, host, claim.organization_id);
  if (holder && seen.has(proofOf(host, holder.token).value)) return hostTaken(host);
  await claims.settleClaim(deps.db, claim);
}

/** Looks whether records were made meanwhile, and asks for what they prove. */
export async function lookForProofs(deps: Looking): Promise<void> {
  await claims.forgetOldClaims(deps.db);
  const due = await claims.dueClaims(deps.db, AT_A_TIME);
  await Promise.all(
    due.map(async (claim) => {
      const seen = await seenOf(deps, claim.host);
      await claims.recordLook(deps.db, claim.id);
      if (isRefusal(seen) || !seen.has(proofOf(claim.host, claim.token).value)) return;
      await deps.db.transaction().execute((tx) =>
        submit(tx, {
          kind: 'edge.claim',
          target: domainsTarget(claim.app_id),
          organizationId: claim.organization_id,
          projectId: claim.project_id,
          appId: claim.app_id,
          input: { host: claim.host },
          actor: claims.NAMES,
        }),
      );
    }),
  );
}
