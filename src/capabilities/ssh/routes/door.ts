import { createHash } from 'node:crypto';
import { z } from 'zod';
import { publicRoute, type Row, route } from '../../../api/route.ts';
import { newId } from '../../../kernel/id.ts';
import { AppName } from '../../apps/model.ts';
import { sessionRefused } from '../errors.ts';
import { BeginSession, Session } from '../model.ts';
import * as sessions from '../store/sessions.ts';
import * as store from '../store.ts';

export interface DoorSettings {
  /** Tokens of sessions, as the frame makes all tokens. */
  readonly sshTokens: {
    create(): { readonly token: string; readonly hash: Uint8Array };
    /** What is kept of the gateway's token; undefined where it is none. */
    gatewayHash(token: string): Uint8Array | undefined;
  };
}

const params = z.strictObject({ app: AppName });

/** How the gateway stands in for whoever logged in: only while everything that let them in is true. */
export const doorRoutes = ({ sshTokens }: DoorSettings): Row[] => [
  publicRoute({
    method: 'POST',
    path: '/v1/ssh/sessions',
    operationId: 'beginSshSession',
    permission: 'public',
    summary: 'For the SSH gateway: a session for a login that it let in',
    body: BeginSession,
    // The gateway's token is 256 random bits, and all logins come from the gateway: counting them would let one keep out all.
    guesses: 'nothing',
    response: Session,
    status: 201,
    handler: async (ctx, { body }) => {
      const { app, command } = body;
      const hash = sshTokens.gatewayHash(body.gateway);
      if (!hash) return sessionRefused();
      const made = sshTokens.create();
      return ctx.signIn(async (db) => {
        const begun = await sessions.beginSession(db, {
          gateway: hash,
          credential: createHash('sha256').update(Buffer.from(body.credential, 'base64')).digest(),
          app,
          command: command.slice(0, 500),
          address: ctx.sourceAddress,
          id: newId(),
          hash: made.hash,
          now: ctx.now,
        });
        await sessions.recordLogin(db, {
          actor: begun?.actor ?? 'ssh',
          app,
          organizationId: begun?.organization_id ?? null,
          allowed: begun !== undefined,
          command,
          address: ctx.sourceAddress,
          requestId: ctx.requestId,
        });
        return begun
          ? {
              token: made.token,
              actor: begun.actor,
              pushesOnly: begun.pushes_only,
              until: begun.until.toISOString(),
            }
          : sessionRefused();
      });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/apps/:app/ssh/session',
    operationId: 'checkSshSession',
    permission: { action: 'apps:deploy', resource: 'app' },
    summary: 'For the SSH gateway: whether its session still stands',
    params,
    response: z.object({ ok: z.literal(true) }),
    handler: async () => ({ ok: true }) as const,
  }),
  route({
    method: 'DELETE',
    path: '/v1/apps/:app/ssh/session',
    operationId: 'endSshSession',
    permission: { action: 'apps:deploy', resource: 'app' },
    summary: 'For the SSH gateway: the session has ended',
    params,
    response: z.object({ ok: z.literal(true) }),
    handler: async ({ db, actor, now }) => {
      await store.endSession(db, actor.tokenId, now);
      return { ok: true } as const;
    },
  }),
];
