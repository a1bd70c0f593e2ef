import type { Operation } from '../../engine/operation.ts';
import { isOutside } from '../../kernel/address.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { type Step, stepsOf } from '../../kernel/step.ts';
import type { Millis } from '../../kernel/time.ts';
import { grantInvalid, grantNotFound, grantOver } from './errors.ts';
import { type EndReason, type GatewayName, Role, Source, Verifier } from './model.ts';

/** A grant as it is stored, and how far it has got. */
export interface GrantFacts {
  readonly id: string;
  readonly gateway: GatewayName;
  readonly databaseId: string;
  readonly databaseReady: boolean;
  readonly role: string;
  readonly verifier: string;
  readonly source: string;
  readonly until: Millis;
  readonly roleMade: boolean;
  readonly opened: boolean;
  readonly endRequested: boolean;
  readonly unrouted: boolean;
  readonly closed: boolean;
  /** The gateway's image is on this node. */
  readonly prepared: boolean;
}

const LONGEST = 25 * 3_600_000;

const step = stepsOf('gateways');

/** The agent's own judgement of what the API wrote: anything odd is not opened. */
function refuseOdd(grant: GrantFacts, now: Millis): Outcome<void> {
  if (grant.closed || grant.endRequested || grant.until <= now) return grantOver();
  if (grant.until > now + LONGEST) return grantInvalid('it would be open for more than a day');
  if (!Role.safeParse(grant.role).success) return grantInvalid('its login name is not ours');
  if (!Verifier[grant.gateway].safeParse(grant.verifier).success)
    return grantInvalid('its verifier is not one');
  if (!Source.safeParse(grant.source).success || !isOutside(grant.source))
    return grantInvalid(`nobody outside has the address ${grant.source}`);
  if (!grant.databaseReady) return grantInvalid('its database is not ready');
  return;
}

/** gateways.open: the credential first, then the way to it. What fails is closed again. */
export function planOpen(
  operation: Pick<Operation, 'failure'>,
  grant: GrantFacts | undefined,
  now: Millis,
): Outcome<readonly Step[]> {
  if (!grant) return operation.failure ? [] : grantNotFound();
  if (operation.failure) return planClose(grant, 'failed');
  if (grant.opened && !grant.endRequested) return [];
  const odd = refuseOdd(grant, now);
  if (isRefusal(odd)) return odd;
  const { id, gateway } = grant;
  return [
    ...(grant.prepared
      ? []
      : [step('prepare', gateway, 'Prepare the gateway; the first time takes a minute', { gateway })]),
    ...(grant.roleMade ? [] : [step('createRole', id, 'Make the temporary credential', { grantId: id })]),
    step('sync', id, `Let ${grant.source} in`, { grantId: id }),
  ];
}

/** gateways.close: first nobody comes in any more, then who is in goes, then the credential. */
export function planClose(grant: GrantFacts, because: EndReason): readonly Step[] {
  if (grant.closed) return [];
  const { id } = grant;
  return [
    ...(grant.endRequested
      ? []
      : [step('endGrant', id, 'Mark the grant as ended', { grantId: id, because })]),
    ...(grant.unrouted ? [] : [step('sync', `out-${id}`, `Let ${grant.source} in no longer`, {})]),
    step('dropRole', id, 'End its sessions and remove its credential', { grantId: id }),
  ];
}
