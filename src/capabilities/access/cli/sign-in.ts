import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ask, asker } from '../../../cli/ask.ts';
import { client, path } from '../../../cli/client.ts';
import { type CommandRow, given, type Input } from '../../../cli/command.ts';
import { removeConfig, writeConfig } from '../../../cli/config.ts';
import { usage } from '../../../cli/errors.ts';
import type { Io } from '../../../cli/io.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { DeviceAsking, SignedIn } from '../model/accounts.ts';
import { Account, NewToken } from '../model.ts';
import { type At, byDevice, Done, deviceName, finished, newPassword, prove } from './session.ts';

const SERVER = /^(https:\/\/|unix:\/)/;
const Ended = z.object({ ended: z.int() });

const ca = {
  flags: '--ca <file>',
  description: "the platform's certificate authority (PEM), where it is not a public one",
};

const asks = (io: Io): boolean => io.interactive && !io.print.json;

async function place(io: Io, input: Input): Promise<Outcome<At>> {
  const named =
    given(input, 'server') ?? io.config?.server ?? (asks(io) ? await ask(io, 'Address of the server: ') : '');
  const server = named === '' || named.includes(':/') ? named : `https://${named}`;
  if (!SERVER.test(server)) return usage('A server (https://…) is needed', 'See: bastide login --help');
  const file = given(input, 'ca');
  const authority = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => null);
  if (authority === null) return usage(`${file} cannot be read`, 'Name the PEM file of the authority.');
  const known = server === io.config?.server ? io.config.ca : undefined;
  const trusted = authority ?? known;
  return { server, ...(trusted ? { ca: trusted } : {}) };
}

/** Keeps who signed in, in a file that only its owner reads. */
async function keep(io: Io, at: At, token: string, account: string): Promise<undefined> {
  await writeConfig(io.configDir, { ...at, token, account });
  io.print.done({ server: at.server, account }, `Signed in to ${at.server} as ${account}.`);
}

async function byPassword(io: Io, at: At, email: string): Promise<Outcome<undefined>> {
  const next = asker(io);
  const password = await next('Password (not shown): ', true);
  const body = { email, password, device: deviceName(), kind: 'cli' };
  const half = await client(at).send('POST', '/v1/sessions', body, SignedIn);
  if (isRefusal(half)) return half;
  const whole = await finished(io, at, half, next);
  return isRefusal(whole) ? whole : keep(io, at, whole.token, whole.account);
}

async function byToken(io: Io, at: At, token: string, name: string | undefined): Promise<Outcome<undefined>> {
  if (token.startsWith('bsb_')) {
    const body = { token, account: name };
    const made = await client(at).send('POST', '/v1/sessions/bootstrap', body, NewToken);
    return isRefusal(made) ? made : keep(io, at, made.token, made.account);
  }
  const account = await client({ ...at, token }).get('/v1/account', Account);
  return isRefusal(account) ? account : keep(io, at, token, account.name);
}

export const signInCommands: readonly CommandRow[] = [
  {
    name: 'login',
    summary: 'Sign in: approved where you are signed in, by password, or with a token',
    options: [
      {
        flags: '--token <token>',
        description: 'a bootstrap, API or deploy token, or - to read it from standard input',
      },
      { flags: '--email <address>', description: 'sign in by password and second factor' },
      { flags: '--device', description: 'show a code, to approve where you are signed in' },
      ca,
      {
        flags: '--account <name>',
        description: 'name of the account that a bootstrap token makes',
        default: 'admin',
      },
    ],
    examples: [
      'bastide login --server https://bastide.example.org --device',
      'bastide login --server https://bastide.example.org --email ada@example.org',
      'bastide login --server https://bastide.localhost --ca ca.crt --token bsb_…',
      'cat token | bastide login --server https://bastide.example.org --token -',
    ],
    uses: [
      'bootstrapSession',
      'getAccount',
      'signIn',
      'proveFactor',
      'beginTotp',
      'confirmTotp',
      'startDeviceLogin',
      'finishDeviceLogin',
    ],
    async run(io, input) {
      const at = await place(io, input);
      if (isRefusal(at)) return at;
      const email = given(input, 'email');
      if (email !== undefined) return byPassword(io, at, email);
      const device = input.options.device === true;
      const typed =
        given(input, 'token') ??
        (asks(io) && !device ? await ask(io, 'Token (not shown; none to approve elsewhere): ', true) : '');
      if (typed)
        return byToken(
          io,
          at,
          typed === '-' ? (await text(io.stdin)).trim() : typed,
          given(input, 'account'),
        );
      if (!device && !asks(io))
        return usage('A token, --email or --device is needed', 'See: bastide login --help');
      const whole = await byDevice(io, at);
      return isRefusal(whole) ? whole : keep(io, at, whole.token, whole.account);
    },
  },
  {
    name: 'login:approve',
    summary: 'Let a device that shows this code sign in as you; see first what it is and where it asks from',
    args: [{ name: 'code', description: 'the code that the device shows' }],
    options: [
      { flags: '--yes', description: 'approve without being asked' },
      { flags: '--deny', description: 'turn it down' },
    ],
    examples: ['bastide login:approve WDJB-MJHT', 'bastide login:approve WDJB-MJHT --deny'],
    uses: ['showDevice', 'approveDevice', 'denyDevice'],
    async run(io, input) {
      const code = input.args.code!.toUpperCase();
      const waiting = await io.api.get(path`/v1/account/devices/${code}`, DeviceAsking);
      if (isRefusal(waiting)) return waiting;
      io.print.line(
        `${waiting.device}, from ${waiting.place ?? 'an unknown address'}, since ${waiting.createdAt}`,
      );
      const deny = input.options.deny === true;
      if (!deny && input.options.yes !== true) {
        if (!asks(io)) return usage('Nobody can be asked here', 'Give --yes, after you have seen what asks.');
        if ((await ask(io, 'Is it yours? Type yes: ')) !== 'yes')
          return usage('Not approved', 'Turn it down with --deny.');
      }
      const how = deny ? 'deny' : 'approve';
      const done = await io.api.send('POST', path`/v1/account/devices/${code}/${how}`, {}, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, deny ? 'Turned down.' : 'Approved: the device is signed in as you.');
    },
  },
  {
    name: 'login:confirm',
    summary: 'Prove your second factor, for the next ten minutes',
    examples: ['bastide login:confirm'],
    uses: ['proveFactor'],
    async run(io) {
      const proven = await prove(io.api, asker(io));
      if (isRefusal(proven)) return proven;
      if (proven.token !== '' && io.config)
        await writeConfig(io.configDir, { ...io.config, token: proven.token });
      io.print.done({ account: proven.account }, 'Confirmed, for ten minutes.');
    },
  },
  {
    name: 'join',
    summary:
      'Accept an invitation: with your account, or as a new one (--name) with a password and a second factor',
    args: [{ name: 'invitation', description: 'bsi_…, as it was handed over; - asks for it' }],
    options: [
      {
        flags: '--name <name>',
        description: 'name of the new account; without it you accept as who you are',
      },
      ca,
    ],
    examples: ['bastide join - --server https://bastide.example.org --name ada', 'bastide join bsi_…'],
    uses: ['joinWithInvitation', 'acceptInvitation', 'beginTotp', 'confirmTotp'],
    async run(io, input) {
      const next = asker(io);
      const named = input.args.invitation!;
      const invitation = named === '-' ? await next('Invitation (not shown): ', true) : named;
      const name = given(input, 'name');
      if (name === undefined) {
        const taken = await io.api.send(
          'POST',
          '/v1/account/invitations',
          { invitation },
          z.object({ organization: z.string() }),
        );
        if (isRefusal(taken)) return taken;
        return void io.print.done(taken, `You belong to ${taken.organization} now.`);
      }
      const at = await place(io, input);
      if (isRefusal(at)) return at;
      const password = await newPassword(io, next, 'Choose a password (not shown): ');
      if (isRefusal(password)) return password;
      const body = { invitation, name, password, device: deviceName(), kind: 'cli' };
      const half = await client(at).send('POST', '/v1/accounts', body, SignedIn);
      if (isRefusal(half)) return half;
      const whole = await finished(io, at, half, next);
      return isRefusal(whole) ? whole : keep(io, at, whole.token, whole.account);
    },
  },
  {
    name: 'logout',
    summary: 'End the session and forget the server on this machine; --all ends all your sessions',
    options: [{ flags: '--all', description: 'end your sessions on every device' }],
    examples: ['bastide logout', 'bastide logout --all'],
    uses: ['signOut', 'signOutEverywhere'],
    async run(io, input) {
      const session = io.config?.token.startsWith('bss_') === true;
      const all = input.options.all === true;
      if (all || session) {
        const at = all ? '/v1/account/sessions' : '/v1/account/session';
        const ended = await io.api.send('DELETE', at, undefined, Ended);
        // One that is over already needs no ending.
        if (isRefusal(ended) && (all || ended.code !== 'not_signed_in')) return ended;
      }
      await removeConfig(io.configDir);
      io.print.done(
        { ok: true },
        session
          ? 'Signed out.'
          : 'Signed out. The token works until it expires or is revoked: bastide tokens:revoke',
      );
    },
  },
];
