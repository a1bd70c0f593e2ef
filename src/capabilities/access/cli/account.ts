import { z } from 'zod';
import { asker } from '../../../cli/ask.ts';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given } from '../../../cli/command.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { Factors, Session } from '../model/accounts.ts';
import { Account } from '../model.ts';
import { addApp, Done, newPassword, showCodes } from './session.ts';

const minute = (date: string | null) => date?.slice(0, 16).replace('T', ' ') ?? null;

/** Who you are, where you are signed in, and with what. */
export const accountCommands: readonly CommandRow[] = [
  {
    name: 'whoami',
    summary: 'Who you are, and where',
    examples: ['bastide whoami'],
    uses: ['getAccount'],
    async run(io) {
      const account = await io.api.get('/v1/account', Account);
      if (isRefusal(account)) return account;
      const roles = account.memberships.map(
        (m) => `${m.role}${m.organization ? ` of ${m.organization}` : ''}`,
      );
      io.print.record(account, {
        account: account.name,
        server: io.api.server,
        roles: roles.join(', ') || null,
      });
    },
  },
  {
    name: 'sessions',
    summary: 'Where you are signed in: device, place, last use',
    examples: ['bastide sessions'],
    uses: ['listSessions'],
    async run(io) {
      const list = await io.api.get('/v1/account/sessions', z.object({ sessions: z.array(Session) }));
      if (isRefusal(list)) return list;
      io.print.table(list.sessions, {
        id: (s) => s.id,
        device: (s) => `${s.device}${s.current ? ' (this one)' : ''}`,
        place: (s) => s.place,
        by: (s) => s.factor ?? 'password only',
        'last used': (s) => minute(s.lastSeenAt),
        until: (s) => minute(s.expiresAt),
      });
    },
  },
  {
    name: 'sessions:revoke',
    summary: 'End one of your sessions, at once',
    args: [{ name: 'id', description: 'its id, from: bastide sessions' }],
    examples: ['bastide sessions:revoke 019a0000-0000-7000-8000-000000000000'],
    uses: ['revokeSession'],
    async run(io, input) {
      const at = path`/v1/account/sessions/${input.args.id!}`;
      const done = await io.api.send('DELETE', at, undefined, z.object({ ended: z.int() }));
      if (isRefusal(done)) return done;
      io.print.done(done, 'Ended.');
    },
  },
  {
    name: 'factors',
    summary: 'Your second factors and how many recovery codes are left',
    examples: ['bastide factors'],
    uses: ['listFactors'],
    async run(io) {
      const all = await io.api.get('/v1/account/factors', Factors);
      if (isRefusal(all)) return all;
      io.print.record(all, {
        password: all.password ? 'yes' : 'no',
        'authenticator app': all.totp ? 'yes' : 'no',
        passkeys: all.passkeys.map((key) => `${key.name} (${key.id})`).join(', ') || 'none',
        'recovery codes': all.recoveryCodes,
      });
    },
  },
  {
    name: 'factors:add',
    summary: 'Add an authenticator app; your other sessions end. Passkeys are added in the browser',
    examples: ['bastide factors:add'],
    uses: ['beginTotp', 'confirmTotp'],
    async run(io) {
      const added = await addApp(io, io.api, asker(io));
      if (isRefusal(added)) return added;
      io.print.done(added, 'Added.');
    },
  },
  {
    name: 'factors:remove',
    summary: 'Remove the authenticator app (totp) or a passkey; your other sessions end',
    args: [{ name: 'factor', description: 'totp, or the id of a passkey from: bastide factors' }],
    examples: ['bastide factors:remove totp'],
    uses: ['removeTotp', 'removePasskey'],
    async run(io, input) {
      const { factor } = input.args;
      const at = factor === 'totp' ? '/v1/account/totp' : path`/v1/account/passkeys/${factor!}`;
      const done = await io.api.send('DELETE', at, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Removed.');
    },
  },
  {
    name: 'factors:recovery-codes',
    summary: 'New recovery codes; the old ones end',
    examples: ['bastide factors:recovery-codes'],
    uses: ['renewRecoveryCodes'],
    async run(io) {
      const Codes = z.object({ recoveryCodes: z.array(z.string()) });
      const made = await io.api.send('POST', '/v1/account/recovery-codes', undefined, Codes);
      if (isRefusal(made)) return made;
      showCodes(io, made.recoveryCodes);
      if (io.print.json) io.print.done(made, '');
    },
  },
  {
    name: 'account:password',
    summary: 'Set your password; your other sessions end',
    options: [
      { flags: '--email <address>', description: 'your e-mail address, where the account has none yet' },
    ],
    examples: ['bastide account:password', 'bastide account:password --email ada@example.org'],
    uses: ['setPassword'],
    async run(io, input) {
      const next = asker(io);
      const password = await newPassword(io, next, 'New password (not shown): ');
      if (isRefusal(password)) return password;
      const done = await io.api.send(
        'PUT',
        '/v1/account/password',
        { password, email: given(input, 'email') },
        Done,
      );
      if (isRefusal(done)) return done;
      io.print.done(done, 'Set. Sign in with it from now on: bastide login --email …');
    },
  },
  {
    name: 'account:recover',
    summary:
      'Lost the password: set a new one with a recovery code and the authenticator app. With a passkey, sign in and set it',
    args: [{ name: 'email', description: 'e-mail address of the account' }],
    examples: ['bastide account:recover ada@example.org'],
    uses: ['recoverAccount'],
    async run(io, input) {
      const next = asker(io);
      const recoveryCode = await next('A recovery code: ');
      const code = await next('Code of the authenticator app: ');
      const password = await next('New password (not shown): ', true);
      const body = { email: input.args.email, recoveryCode, code, password };
      const done = await io.api.send('POST', '/v1/accounts/recover', body, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Set. Sessions and tokens have ended. Next: bastide login --email …');
    },
  },
  {
    name: 'accounts:disable',
    summary: 'Disable an account for good, as an operator; its address can be invited anew',
    args: [{ name: 'name', description: 'name of the account' }],
    examples: ['bastide accounts:disable ada --reason "left the company"'],
    uses: ['disableAccount'],
    async run(io, input) {
      const at = path`/v1/platform/accounts/${input.args.name!}/disable`;
      const done = await io.api.send('POST', at, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Disabled.');
    },
  },
  {
    name: 'accounts:release-email',
    summary: 'Take an e-mail address from the account that has it, as an operator; it can be invited anew',
    args: [{ name: 'email', description: 'the address' }],
    examples: ['bastide accounts:release-email ada@example.org --reason "asked for by phone"'],
    uses: ['releaseEmail'],
    async run(io, input) {
      const body = { email: input.args.email };
      const done = await io.api.send(
        'POST',
        '/v1/platform/accounts/release-email',
        body,
        z.object({ account: z.string() }),
      );
      if (isRefusal(done)) return done;
      io.print.done(done, `Taken from ${done.account}, whose sessions have ended.`);
    },
  },
];
