import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { denied, secondFactorNeeded, sessionNeeded, stepUpNeeded } from '../capabilities/access/errors.ts';
import { SESSION } from '../capabilities/access/model/accounts.ts';
import type { Actor } from '../capabilities/access/model.ts';
import { append } from '../capabilities/audit/store.ts';
import { withTenant } from '../db/transaction.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { answerErrors, refuse } from './answer.ts';
import { authenticate } from './authenticate.ts';
import { requestInvalid } from './errors.ts';
import { planeOf } from './plane.ts';
import type { EventsRow, RouteRow, StreamRow, UploadRow } from './route.ts';
import { type Found, findScope, listScope } from './scope.ts';
import type { Frame } from './server.ts';
import { decodeReason, unfitText } from './text.ts';

export type GuardedRow = RouteRow | EventsRow | UploadRow | StreamRow;

/** A request that may pass, and why. */
export interface Guarded {
  readonly actor: Actor;
  readonly found: Found;
  readonly policy: string | undefined;
  /** The grant of staff access that it rests on. */
  readonly grant: string | undefined;
  readonly now: Date;
  readonly sourceAddress: string | undefined;
  readonly reason: string | undefined;
}

/**
 * Lets a request pass or answers it. Asked again, it decides again unless it did so within a second: a body may take half an
 * hour to come, and rights may be taken away meanwhile.
 */
export interface Guard {
  (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
  /** Whether a stream that has begun may go on. */
  still(request: FastifyRequest): Promise<boolean>;
}

/** What routes for staff are about. */
const PLATFORM = { target: 'platform', organizationId: null } as const;

/** Milliseconds for which a decision is good. */
const GOOD = 1000;

/** The client's address: the edge is the only one that connects, and appends what it saw. */
export function sourceAddress(request: FastifyRequest): string | undefined {
  const header = request.headers['x-forwarded-for'];
  const last = (Array.isArray(header) ? header.at(-1) : header)?.split(',').at(-1)?.trim();
  return last !== undefined && isIP(last) !== 0 ? last : undefined;
}

/**
 * Whether a second factor was proven in the last ten minutes. A token proves none: where its account has one, it does
 * nothing that asks for it, so that a stolen token makes no tokens and no members.
 */
const fresh = (actor: Actor, now: Date): boolean => {
  if (!actor.session) return actor.enrolled !== true;
  const { factorAt } = actor.session;
  return factorAt !== null && now.getTime() - factorAt.getTime() < SESSION.fresh;
};

export const mutating = (row: GuardedRow): boolean => row.method !== 'GET';

/** What every audit line of a request says. */
export const lineOf = (row: GuardedRow, guarded: Guarded, requestId: string) => ({
  actor: guarded.actor.name,
  action: row.permission.action,
  target: guarded.found.target,
  organizationId: guarded.found.organizationId,
  reason: guarded.reason,
  sourceAddress: guarded.sourceAddress,
  requestId,
});

/** The policy that let the request pass, and the grant of staff access that it rests on. */
export const because = ({ policy, grant }: Guarded) => ({
  policy,
  ...(grant === undefined ? {} : { grant }),
});

/**
 * What the row refuses in the parameters: first in the one that names what is asked about, for that one is looked up;
 * then, once the actor may, in the others. Whoever may not is told nothing of what those take.
 */
function refuseParams(
  row: GuardedRow,
  request: FastifyRequest,
  which: 'named' | 'others',
): Refusal | undefined {
  const parsed = row.params?.safeParse(request.params);
  if (parsed === undefined) return undefined;
  const fields = (parsed.error?.issues ?? [])
    .filter(({ path }) => (path[0] === row.permission.resource) === (which === 'named'))
    .map(({ path, message }) => ({ path: `params.${path.join('.')}`, message }));
  if (fields.length > 0) return requestInvalid(fields);
  const at = unfitText(request.params);
  return at === undefined ? undefined : requestInvalid([{ path: at, message: 'has no such text' }]);
}

/**
 * Before the body is read: who asks, what about, may they? A stranger gets the answer that he would get if the thing
 * did not exist. Every denied change is written to the audit log.
 */
export function guard(parts: Frame, row: GuardedRow): Guard {
  const { db, decide } = parts;
  const { action, resource } = row.permission;

  const plane = planeOf(parts);

  /** Writes down a change that was not let through. */
  const record = async (
    request: FastifyRequest,
    actor: Actor,
    about: Pick<Found, 'target' | 'organizationId'>,
    reason: string,
  ): Promise<void> => {
    if (mutating(row))
      await withTenant(db, { operator: true }, (tx) =>
        append(tx, {
          actor: actor.name,
          action,
          target: about.target,
          organizationId: about.organizationId,
          outcome: 'denied',
          reason: decodeReason(request.headers['x-bastide-reason']),
          sourceAddress: sourceAddress(request),
          requestId: request.id,
          detail: { because: reason },
        }),
      );
  };

  const deny = async (request: FastifyRequest, actor: Actor, found: Found, reason: string) => {
    const stranger = !actor.memberships.some((m) => m.organizationId === found.organizationId);
    await record(request, actor, found, reason);
    return stranger && found.missing ? found.missing : denied(action, reason);
  };

  const pass = async (request: FastifyRequest): Promise<Guarded | Refusal> => {
    const now = parts.now();
    const address = sourceAddress(request);
    const shut = await plane.route(request, row.permission);
    const actor = await authenticate(db, parts.attempts, {
      authorization: request.headers.authorization,
      address,
      now,
    });
    if (shut && !isRefusal(actor)) await record(request, actor, PLATFORM, shut.code);
    if (shut) return shut;
    if (isRefusal(actor)) return actor;
    if (actor.session?.level === 1 && !row.permission.half) return secondFactorNeeded();
    const reason = decodeReason(request.headers['x-bastide-reason']);
    const rest = { actor, now, sourceAddress: address, reason };
    if (resource === 'list') {
      const { found, decision } = listScope(decide, actor, action);
      return { ...rest, found, policy: decision.policy, grant: undefined };
    }
    const unnamed = refuseParams(row, request, 'named');
    if (unnamed) return unnamed;
    const params = request.params as Readonly<Record<string, string>>;
    const found = await withTenant(db, { operator: true }, (tx) => findScope(tx, resource, params, actor));
    if (isRefusal(found)) return found;
    const decision = decide(actor, action, found.resource);
    if (!decision.allowed) return deny(request, actor, found, decision.reason);
    const own = found.resource.type === 'Operation' && found.organizationId === null;
    const outside = await plane.decision(request, decision.policy, own);
    if (outside) {
      await record(request, actor, found, outside.code);
      return outside;
    }
    if (row.permission.person && !actor.session) return sessionNeeded();
    if (row.permission.stepUp && !fresh(actor, now)) return stepUpNeeded();
    const { policy, grant } = decision;
    const wrong = refuseParams(row, request, 'others');
    if (wrong || grant === undefined) return wrong ?? { ...rest, found, policy, grant };
    return { ...rest, found: { ...found, tenant: { grant } }, policy, grant };
  };

  /** Takes down whom the request comes from and what it is about now; or says why it may not pass. */
  const judge = async (request: FastifyRequest): Promise<Refusal | undefined> => {
    const age = request.guarded && parts.now().getTime() - request.guarded.now.getTime();
    if (age !== undefined && age >= 0 && age < GOOD) return undefined;
    const guarded = await pass(request);
    if (isRefusal(guarded)) return guarded;
    // What staff only look at is written down too, once for a request; a change has its line where it is made.
    if (age === undefined && guarded.grant !== undefined && !mutating(row))
      await withTenant(db, guarded.found.tenant, (tx) =>
        append(tx, { ...lineOf(row, guarded, request.id), outcome: 'allowed', detail: because(guarded) }),
      );
    request.guarded = guarded;
    return undefined;
  };

  const guarding = async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      const refused = await judge(request);
      return refused && refuse(reply, refused);
    } catch (error) {
      answerErrors(parts)(error, request, reply);
      return reply;
    }
  };
  return Object.assign(guarding, {
    still: async (request: FastifyRequest) => (await judge(request)) === undefined,
  });
}
