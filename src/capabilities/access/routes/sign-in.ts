import { z } from 'zod';
import { publicRoute, type Row } from '../../../api/route.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { accountTaken, emailTaken, invitationRefused, recoveryRefused, signInRefused } from '../errors.ts';
import { Code, DeviceName, Email, Password, RecoveryCode, SignedIn } from '../model/accounts.ts';
import { AccountName } from '../model.ts';
import { hashPassword, passwordMatches } from '../passwords.ts';
import { hashRecoveryCode } from '../recovery-codes.ts';
import * as accounts from '../store/accounts.ts';
import { spendCode } from '../store/factors.ts';
import { endSessions } from '../store/sessions.ts';
import { unlinkAll } from '../store/sso.ts';
import { recordSignIn } from '../store.ts';
import { refusePassword } from '../strength.ts';
import { hashToken, wellFormed } from '../tokens.ts';
import {
  type AccessSettings,
  emailOf,
  fromOf,
  ok,
  secret,
  signedIn,
  spendTotp,
  typedEmail,
} from './common.ts';

const Kind = z.enum(['web', 'cli']).default('web').meta({ description: 'What signs in' });
const device = DeviceName.default('a browser');

const SignIn = z.strictObject({ email: Email, password: Password, device, kind: Kind });

/** What the platform calls its own, or writes into the audit log where nobody is meant. */
const RESERVED = /^(root|admin|operator|erased|unknown|nobody|bastide|(system|prober|canary)(-.*)?)$/;

const Join = z.strictObject({
  invitation: z.string().max(200).meta({ description: 'The invitation, as it was handed over' }),
  name: AccountName,
  password: Password,
  device,
  kind: Kind,
});

const Recover = z.strictObject({
  email: Email,
  recoveryCode: RecoveryCode,
  code: Code,
  password: Password.meta({ description: 'The new password' }),
});

/**
 * By password. The same answer, after the same work, for an address without an account; the session that comes of it can
 * finish or enrol the second factor and nothing else.
 */
const signIn = publicRoute({
  method: 'POST',
  path: '/v1/sessions',
  operationId: 'signIn',
  permission: 'public',
  summary: 'Sign in by password; the session does nothing until the second factor is proven',
  body: SignIn,
  guesses: { door: 'password', account: typedEmail, wrong: ['sign_in_refused'] },
  response: SignedIn,
  status: 201,
  handler: async (ctx, { body }) => {
    const email = emailOf(body.email);
    const account = await ctx.signIn((db) => accounts.findByEmail(db, email));
    // Outside a transaction: it takes its time, and holds nothing meanwhile.
    const right = await passwordMatches(account?.hash ?? undefined, secret(body.password));
    return ctx.signIn(async (db) => {
      if (!account || !right) {
        await recordSignIn(db, account?.name ?? 'unknown', ctx, { action: 'sessions:start', denied: true });
        return signInRefused();
      }
      return signedIn(db, ctx, account, fromOf(ctx, body.device, body.kind), null);
    });
  },
});

/** Whoever was invited makes the account that the invitation is for. It joins as what it was invited as, and no other. */
const join = publicRoute({
  method: 'POST',
  path: '/v1/accounts',
  operationId: 'joinWithInvitation',
  permission: 'public',
  summary: 'Make an account with an invitation; then enrol a second factor',
  body: Join,
  guesses: { door: 'invitation', wrong: ['invitation_refused'] },
  response: SignedIn,
  status: 201,
  handler: async (ctx, { body }) => {
    const network = fromOf(ctx, body.device, body.kind);
    if (!wellFormed('bsi', body.invitation)) return invitationRefused();
    if (RESERVED.test(body.name)) return accountTaken(body.name);
    const hash = hashToken(body.invitation);
    const invited = await ctx.signIn((db) => accounts.openInvitation(db, hash, ctx.now));
    if (!invited) return invitationRefused();
    const password = secret(body.password);
    const weak = refusePassword(password, [invited.email, body.name, invited.organization]);
    if (weak) return weak;
    const kept = await hashPassword(password);
    return joined(
      () =>
        ctx.signIn(async (db) => {
          const id = await accounts.createPerson(db, body.name, invited.email);
          await accounts.setPassword(db, id, kept, ctx.now);
          // Thrown, so that the account that was just made is taken back.
          if (!(await accounts.acceptInvitation(db, hash, id, ctx.now))) throw new Lost();
          return signedIn(db, ctx, { id, name: body.name }, network, null);
        }),
      body.name,
    );
  },
});

/** Somebody else used the invitation meanwhile. */
class Lost extends Error {}

async function joined<T>(run: () => Promise<T>, name: string): Promise<Outcome<T>> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Lost) return invitationRefused();
    const duplicate = accounts.duplicateOf(error);
    if (duplicate === undefined) throw error;
    return duplicate.includes('email') ? emailTaken() : accountTaken(name);
  }
}

/**
 * A forgotten password. It takes a recovery code and the authenticator app, both: no mail opens an account, so a mailbox is
 * worth nothing. Sessions, tokens and links to OpenID providers end. Whoever has a passkey signs in with it instead.
 */
const recover = (settings: AccessSettings) =>
  publicRoute({
    method: 'POST',
    path: '/v1/accounts/recover',
    operationId: 'recoverAccount',
    permission: 'public',
    summary:
      'Set a new password with a recovery code and the authenticator app; sessions, tokens and links to OpenID providers end',
    body: Recover,
    guesses: { door: 'recovery', account: typedEmail, wrong: ['recovery_refused'] },
    response: z.object({ ok: z.literal(true) }),
    handler: async (ctx, { body }) => {
      const email = emailOf(body.email);
      const account = await ctx.signIn((db) => accounts.findByEmail(db, email));
      const password = secret(body.password);
      const weak = refusePassword(password, [email]);
      if (weak) return weak;
      const kept = await hashPassword(password);
      if (!account) return recoveryRefused();
      return recovered(
        () =>
          ctx.signIn(async (db) => {
            const right = await spendTotp(db, settings, account.id, body.code, ctx.now);
            if (isRefusal(right)) return right;
            // Thrown, so that a right code beside a wrong one is not spent.
            if (!right || !(await spendCode(db, account.id, hashRecoveryCode(body.recoveryCode), ctx.now)))
              throw new Refused(account.name);
            await accounts.setPassword(db, account.id, kept, ctx.now);
            await endSessions(db, account.id, { allBut: undefined }, ctx.now);
            await accounts.endTokens(db, account.id, ctx.now);
            await unlinkAll(db, account.id);
            await recordSignIn(db, account.name, ctx, { action: 'accounts:recover' });
            return ok;
          }),
        (name) =>
          ctx.signIn((db) => recordSignIn(db, name, ctx, { action: 'accounts:recover', denied: true })),
      );
    },
  });

class Refused extends Error {
  readonly account: string;
  constructor(account: string) {
    super('refused');
    this.account = account;
  }
}

async function recovered<T>(run: () => Promise<Outcome<T>>, note: (name: string) => Promise<void>) {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await note(error.account);
    return recoveryRefused();
  }
}

export const signInRoutes = (settings: AccessSettings): Row[] => [signIn, join, recover(settings)];
