import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import {
  accountNotFound,
  emailFixed,
  emailNotFound,
  emailTaken,
  invitationRefused,
  passwordMissing,
  sessionNeeded,
  sessionNotFound,
} from '../errors.ts';
import { Email, Password, Session } from '../model/accounts.ts';
import { AccountName } from '../model.ts';
import { hashPassword } from '../passwords.ts';
import * as accounts from '../store/accounts.ts';
import { hasFactor } from '../store/factors.ts';
import { endSessions, listSessions } from '../store/sessions.ts';
import { refusePassword } from '../strength.ts';
import { hashToken, wellFormed } from '../tokens.ts';
import { emailOf, ok, secret } from './common.ts';

const Done = z.object({ ok: z.literal(true) });
const Ended = z.object({ ended: z.int().meta({ description: 'How many sessions' }) });

const own = [
  route({
    method: 'GET',
    path: '/v1/account/sessions',
    operationId: 'listSessions',
    permission: { action: 'sessions:read', resource: 'self' },
    summary: 'Where you are signed in: device and place',
    response: z.object({ sessions: z.array(Session) }),
    handler: async (ctx) => ({
      sessions: (await listSessions(ctx.db, ctx.actor.accountId, ctx.now)).map((row) => ({
        id: row.id,
        device: row.device,
        kind: row.kind,
        place: row.source_address,
        factor: row.factor,
        level: row.level,
        createdAt: row.created_at.toISOString(),
        lastSeenAt: row.last_seen_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
        current: row.id === ctx.actor.tokenId,
      })),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/account/session',
    operationId: 'signOut',
    permission: { action: 'sessions:revoke', resource: 'self', half: true },
    summary: 'Sign out: end the session that this request is made with',
    response: Ended,
    handler: async (ctx) =>
      ctx.actor.session
        ? { ended: await endSessions(ctx.db, ctx.actor.accountId, { only: ctx.actor.tokenId }, ctx.now) }
        : sessionNeeded(),
  }),
  route({
    method: 'DELETE',
    path: '/v1/account/sessions',
    operationId: 'signOutEverywhere',
    permission: { action: 'sessions:revoke', resource: 'self' },
    summary: 'Sign out everywhere: end all your sessions, this one too; API tokens go on',
    response: Ended,
    handler: async (ctx) => ({
      ended: await endSessions(ctx.db, ctx.actor.accountId, { allBut: undefined }, ctx.now),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/account/sessions/:session',
    operationId: 'revokeSession',
    permission: { action: 'sessions:revoke', resource: 'self' },
    summary: 'End one of your sessions, at once',
    params: z.strictObject({ session: z.uuid().meta({ description: 'Id of the session' }) }),
    response: Ended,
    handler: async (ctx, { params }) => {
      const ended = await endSessions(ctx.db, ctx.actor.accountId, { only: params.session }, ctx.now);
      return ended > 0 ? { ended } : sessionNotFound();
    },
  }),
];

/**
 * A new password. A person needs a fresh second factor; other sessions end. The token of the first sign-in on the machine
 * may give its account a password once, while it has neither one nor a second factor.
 */
const password = route({
  method: 'PUT',
  path: '/v1/account/password',
  operationId: 'setPassword',
  permission: { action: 'password:change', resource: 'self', stepUp: true },
  summary: 'Set your password, and your e-mail address where you have none; other sessions end',
  body: z.strictObject({ password: Password, email: Email.optional() }),
  response: Done,
  handler: async (ctx, { body }) => {
    const { accountId, name, tokenId, session } = ctx.actor;
    const person = await accounts.findPerson(ctx.db, accountId);
    if (!session && (person.hash !== null || (await hasFactor(ctx.db, accountId)))) return sessionNeeded();
    if (person.email !== null && body.email !== undefined) return emailFixed();
    const email = person.email ?? (body.email === undefined ? undefined : emailOf(body.email));
    if (email === undefined) return passwordMissing();
    const chosen = secret(body.password);
    const weak = refusePassword(chosen, [email, name]);
    if (weak) return weak;
    const kept = await hashPassword(chosen);
    try {
      if (person.email === null && !(await accounts.setEmail(ctx.db, accountId, email))) return emailTaken();
    } catch (error) {
      if (accounts.duplicateOf(error) === undefined) throw error;
      return emailTaken();
    }
    await accounts.setPassword(ctx.db, accountId, kept, ctx.now);
    await endSessions(ctx.db, accountId, { allBut: session ? tokenId : undefined }, ctx.now);
    return ok;
  },
});

const accept = route({
  method: 'POST',
  path: '/v1/account/invitations',
  operationId: 'acceptInvitation',
  permission: { action: 'invitations:accept', resource: 'self' },
  summary: 'Accept an invitation to an organization; it has to be for your address',
  body: z.strictObject({
    invitation: z.string().max(200).meta({ description: 'The invitation, as it was handed over' }),
  }),
  guesses: { door: 'invitation', wrong: ['invitation_refused'] },
  response: z.object({ organization: z.string() }),
  handler: async (ctx, { body }) => {
    if (!wellFormed('bsi', body.invitation)) return invitationRefused();
    const hash = hashToken(body.invitation);
    const organization = await accounts.acceptInvitation(ctx.db, hash, ctx.actor.accountId, ctx.now);
    return organization === undefined ? invitationRefused() : { organization };
  },
});

const disable = route({
  method: 'POST',
  path: '/v1/platform/accounts/:account/disable',
  operationId: 'disableAccount',
  permission: { action: 'accounts:disable', resource: 'platform', stepUp: true },
  summary: 'Disable an account for good: its sessions and tokens stop, its address can be invited anew',
  params: z.strictObject({ account: AccountName }),
  response: Done,
  handler: async (ctx, { params }) =>
    (await accounts.disableAccount(ctx.db, params.account, ctx.now)) ? ok : accountNotFound(params.account),
});

const release = route({
  method: 'POST',
  path: '/v1/platform/accounts/release-email',
  operationId: 'releaseEmail',
  permission: { action: 'accounts:disable', resource: 'platform', stepUp: true },
  summary:
    'Take an e-mail address from the account that has it, and end its sessions; the address can be invited anew',
  body: z.strictObject({ email: Email }),
  response: z.object({ account: z.string().meta({ description: 'Name of the account that had it' }) }),
  handler: async (ctx, { body }) => {
    const account = await accounts.releaseEmail(ctx.db, emailOf(body.email), ctx.now);
    return account === undefined ? emailNotFound(body.email) : { account };
  },
});

/** One's sessions and password, invitations to accept, and the end of an account. */
export const sessionRoutes: Row[] = [...own, password, accept, disable, release];
