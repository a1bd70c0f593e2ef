import type { Perform } from '../../engine/capability.ts';
import { submit } from '../../engine/submit.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { makeTaker } from './audit.ts';
import type { GatewaysDeps } from './deps.ts';
import { gatewayDatabaseDown, gatewayStepUnknown, grantNotFound, grantOver } from './errors.ts';
import { type EndReason, GatewayStep, grantTarget } from './model.ts';
import * as store from './store.ts';
import { makeSync } from './sync.ts';

/** Milliseconds between two looks at what is open, and before a close that failed is tried again. */
const EVERY = 2000;
const AGAIN = 60_000;
/** Looks at nothing open after which the gateways have said all that they had to say, and between two at their logs then. */
const QUIET = 30;
const SELDOM = 15;
export const SYSTEM = 'system:gateways';

export interface GatewaysWorker {
  readonly perform: Perform;
  /** Brings everything to what is open now; called at the start, when nothing is known. */
  sync(): Promise<Outcome<unknown>>;
  /** Ends what has come to its end, keeps the rest open, and takes the gateways' logs over, until the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
}

/** The gateways' half of the agent. One per node. */
export function makeGatewaysWorker(deps: GatewaysDeps): GatewaysWorker {
  const { db, guests, now } = deps;
  const sync = makeSync(deps);
  const takeOver = makeTaker(deps);

  async function createRole(grantId: string): Promise<Outcome<void>> {
    const grant = await store.grantFacts(db, grantId);
    if (!grant) return grantNotFound();
    if (grant.end_requested_at || grant.until.getTime() <= now()) return grantOver();
    const { role: user, verifier, until } = grant;
    const made = await guests.set(grant.database_id, { user, verifier, until: until.toISOString() });
    if (isRefusal(made)) return made;
    await store.markRoleMade(db, grantId);
  }

  async function dropRole(grantId: string): Promise<Outcome<void>> {
    const grant = await store.grantFacts(db, grantId);
    if (!grant || grant.closed_at) return;
    const gone = grant.database_status === 'destroyed';
    const dropped = gone ? undefined : await guests.drop(grant.database_id, grant.role);
    if (isRefusal(dropped)) return dropped;
    await store.markClosed(db, grantId);
  }

  async function open(grantId: string | undefined): Promise<Outcome<void>> {
    const synced = await sync();
    if (isRefusal(synced)) return synced;
    if (grantId === undefined || synced.grants.includes(grantId)) return;
    const grant = await store.grantFacts(db, grantId);
    if (!grant) return grantNotFound();
    return grant.end_requested_at || grant.until.getTime() <= now()
      ? grantOver()
      : gatewayDatabaseDown(grant.database);
  }

  /** Asks for the close of grants whose time has come, and again for closes that did not come to their end. */
  async function endDue(): Promise<void> {
    for (const grant of await store.liveGrants(db)) {
      const because = whyOver(grant, now());
      if (!because && !grant.end_requested_at) continue;
      const target = grantTarget(grant.id);
      const last = await store.lastOperation(db, target);
      const underWay = last?.status === 'queued' || last?.status === 'running';
      const tried = last?.kind === 'gateways.close' && last.requested_at.getTime() > now() - AGAIN;
      await db.transaction().execute(async (tx) => {
        if (because) await store.requestEnd(tx, grant.id, because);
        if (underWay || tried) return;
        await submit(tx, {
          kind: 'gateways.close',
          target,
          organizationId: grant.organization_id,
          projectId: grant.project_id,
          input: { grantId: grant.id },
          actor: SYSTEM,
          reason: because === 'database_gone' ? 'its database is gone' : 'the grant has ended',
        });
      });
    }
  }

  let quiet = 0;
  async function look(): Promise<Outcome<unknown>> {
    await endDue();
    const synced = await sync();
    quiet = isRefusal(synced) || synced.entries.length > 0 ? 0 : quiet + 1;
    if (quiet <= QUIET || quiet % SELDOM === 0) await takeOver();
    return synced;
  }

  return {
    sync,
    perform: async (step, context) => {
      switch (step.kind) {
        case 'prepare': {
          const { gateway } = GatewayStep.prepare.parse(step.input);
          return deps.prepare(gateway, (line) => context.log(line, 'stack'));
        }
        case 'createRole':
          return createRole(GatewayStep.createRole.parse(step.input).grantId);
        case 'sync':
          return open(GatewayStep.sync.parse(step.input).grantId);
        case 'endGrant': {
          const { grantId, because } = GatewayStep.endGrant.parse(step.input);
          await store.requestEnd(db, grantId, because);
          return;
        }
        case 'dropRole':
          return dropRole(GatewayStep.dropRole.parse(step.input).grantId);
        default:
          return gatewayStepUnknown(step.kind);
      }
    },
    async keep(signal) {
      let said = '';
      while (!signal.aborted) {
        const result = await look().catch((error: Error) => error);
        const failed = isRefusal(result) || result instanceof Error ? result.message : '';
        if (failed !== said) deps.log(failed ? `gateways: ${failed}` : 'gateways: all is well again');
        said = failed;
        await sleep(EVERY, signal);
      }
    },
  };
}

/** Why a grant that nobody closed is over; undefined while it is not. */
export function whyOver(
  grant: { readonly until: Date; readonly end_requested_at: Date | null; readonly database_status: string },
  now: number,
): EndReason | undefined {
  if (grant.end_requested_at) return undefined;
  if (grant.database_status === 'destroying' || grant.database_status === 'destroyed') return 'database_gone';
  return grant.until.getTime() <= now ? 'ended' : undefined;
}
