import type { FastifyRequest } from 'fastify';
import { vpnOnly } from '../capabilities/vpn/errors.ts';
import { isForStaff, restsOnPlane } from '../capabilities/vpn/plan.ts';
import { isClosed } from '../capabilities/vpn/store.ts';
import { withTenant } from '../db/transaction.ts';
import type { Refusal } from '../kernel/refusal.ts';
import { cameInside } from './inside.ts';
import type { Permission } from './route.ts';
import type { ServerParts } from './server.ts';

/**
 * Keeps what staff do inside, once it is closed to the outside: routes that are for them alone are refused to whoever
 * asks, and what somebody may do as one of them, to him.
 */
export function planeOf({ db }: Pick<ServerParts, 'db'>) {
  const outside = async (request: FastifyRequest): Promise<Refusal | undefined> =>
    !cameInside(request) && (await withTenant(db, { operator: true }, isClosed)) ? vpnOnly() : undefined;
  return {
    /** Before anybody is known. */
    route: async (request: FastifyRequest, permission: Permission): Promise<Refusal | undefined> =>
      isForStaff(permission) ? outside(request) : undefined,
    /** Once it is decided, by which policies. `own`: of the platform itself. */
    decision: async (
      request: FastifyRequest,
      policy: string | undefined,
      own: boolean,
    ): Promise<Refusal | undefined> => (restsOnPlane(policy) || own ? outside(request) : undefined),
  };
}
