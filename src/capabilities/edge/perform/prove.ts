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

interface Seen {
  /** At the name itself. */
  readonly here: ReadonlySet<string>;
  /** At it or above it. */
  readonly all: ReadonlySet<string>;
}

const textsOf = (answers: readonly (readonly string[] | undefined)[]): ReadonlySet<string> =>
  new Set(answers.flatMap((answer) => answer ?? []).map((text) => text.trim()));

/** What stands in the zone about a name. */
async function seenOf({ txt }: Looking, host: string): Promise<Outcome<Seen>> {
  const answers = await Promise.all(namesAbove(host).map((name) => txt(proofOf(name, '').record)));
  // What one server withholds another may have said: only where nothing was heard is nothing known.
  if (answers.every((answer) => answer === undefined)) return nameServersSilent(host);
  return { here: textsOf(answers.slice(0, 1)), all: textsOf(answers) };
}

/**
 * Whether a record proves a name. Where somebody has it, only one at the name itself takes it away: whoever may write one
 * label of a zone that many share has not proven the names of the others.
 */
const isProven = ({ here, all }: Seen, value: string, taken: boolean): boolean =>
  (taken ? here : all).has(value);

/** Gives a claimed name to its app if the organization's record stands in the zone. Refuses `host_unproven`, `host_taken`. */
export async function prove(deps: Looking, appId: string, host: string): Promise<Outcome<void>> {
  const claim = (await claims.claimsOf(deps.db, appId)).find((one) => one.host === host);
  if (!claim) return;
  const holder = await claims.foreignHolder(deps.db, host, claim.organization_id);
  const seen = await seenOf(deps, host);
  await claims.recordLook(deps.db, claim.id);
  if (isRefusal(seen)) return seen;
  const proof = proofOf(host, claim.token);
  if (!isProven(seen, proof.value, holder !== undefined)) return hostUnproven(host, proof);
  // Where the zone names both, whoever has it keeps it.
  if (holder && seen.all.has(proofOf(host, holder.token).value)) return hostTaken(host);
  await claims.settleClaim(deps.db, claim);
}

/** Looks whether records were made meanwhile, and asks for what they prove. */
export async function lookForProofs(deps: Looking): Promise<void> {
  await claims.forgetOldClaims(deps.db);
  const due = await claims.dueClaims(deps.db, AT_A_TIME);
  await Promise.all(
    due.map(async (claim) => {
      const holder = await claims.foreignHolder(deps.db, claim.host, claim.organization_id);
      const seen = await seenOf(deps, claim.host);
      await claims.recordLook(deps.db, claim.id);
      if (isRefusal(seen)) return;
      if (!isProven(seen, proofOf(claim.host, claim.token).value, holder !== undefined)) return;
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
