import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ask } from '../../cli/ask.ts';
import { client, path } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { removeConfig, writeConfig } from '../../cli/config.ts';
import { usage } from '../../cli/errors.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { Account, ApiToken, NewToken } from './model.ts';

const Done = z.object({ ok: z.literal(true) });
const SERVER = /^(https:\/\/|unix:\/)/;

const login: CommandRow = {
  name: 'login',
  summary: 'Sign in to a server with a bootstrap or an API token; asks for what is not given',
  options: [
    { flags: '--token <token>', description: 'the token, or - to read it from standard input' },
    {
      flags: '--ca <file>',
      description: "the platform's certificate authority (PEM), where it is not a public one",
    },
    {
      flags: '--account <name>',
      description: 'name of the account that a bootstrap token makes',
      default: 'admin',
    },
  ],
  examples: [
    'bastide login --server https://bastide.localhost --ca ca.crt --token bsb_…',
    'cat token | bastide login --server https://bastide.example.org --token -',
  ],
  uses: ['bootstrapSession', 'getAccount'],
  async run(io, input) {
    const asks = io.interactive && !io.print.json;
    const named = given(input, 'server') ?? (asks ? await ask(io, 'Address of the server: ') : '');
    const server = named === '' || named.includes(':/') ? named : `https://${named}`;
    const typed = given(input, 'token') ?? (asks ? await ask(io, 'Token (not shown): ', true) : '');
    if (!SERVER.test(server) || !typed)
      return usage('A server (https://…) and a token are needed', 'See: bastide login --help');
    const token = typed === '-' ? (await text(io.stdin)).trim() : typed;
    const caFile = given(input, 'ca');
    const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8').catch(() => null);
    if (ca === null) return usage(`${caFile} cannot be read`, 'Name the PEM file of the authority.');
    const trust = ca === undefined ? {} : { ca };
    const keep = async (kept: string, account: string): Promise<undefined> => {
      await writeConfig(io.configDir, { server, token: kept, account, ...trust });
      io.print.done({ server, account }, `Signed in to ${server} as ${account}.`);
    };
    if (token.startsWith('bsb_')) {
      const body = { token, account: given(input, 'account') };
      const made = await client({ server, ...trust }).send('POST', '/v1/sessions/bootstrap', body, NewToken);
      return isRefusal(made) ? made : keep(made.token, made.account);
    }
    const account = await client({ server, token, ...trust }).get('/v1/account', Account);
    return isRefusal(account) ? account : keep(token, account.name);
  },
};

/** Door 2 of access: sign-in, tokens, who am I. */
export const commands: readonly CommandRow[] = [
  login,
  {
    name: 'logout',
    summary: 'Forget the server and its token on this machine',
    examples: ['bastide logout'],
    uses: [],
    async run(io) {
      await removeConfig(io.configDir);
      io.print.done(
        { ok: true },
        'Signed out. The token works until it expires or is revoked: bastide tokens:revoke',
      );
    },
  },
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
    name: 'tokens',
    summary: 'Your API tokens',
    examples: ['bastide tokens'],
    uses: ['listTokens'],
    async run(io) {
      const list = await io.api.get('/v1/account/tokens', z.object({ tokens: z.array(ApiToken) }));
      if (isRefusal(list)) return list;
      io.print.table(list.tokens, {
        id: (t) => t.id,
        name: (t) => `${t.name}${t.current ? ' (this one)' : ''}`,
        expires: (t) => t.expiresAt.slice(0, 10),
        'last used': (t) => t.lastUsedAt?.slice(0, 16).replace('T', ' ') ?? null,
      });
    },
  },
  {
    name: 'tokens:create',
    summary: 'Create an API token; it is shown this one time',
    args: [{ name: 'name', description: 'what it is for' }],
    options: [{ flags: '--days <days>', description: 'days until it expires, 365 at most', default: '90' }],
    examples: ['bastide tokens:create ci --days 30'],
    uses: ['createToken'],
    async run(io, input) {
      const body = { name: input.args.name, days: Number(given(input, 'days')) };
      const made = await io.api.send('POST', '/v1/account/tokens', body, NewToken);
      if (isRefusal(made)) return made;
      io.print.done(made, made.token);
    },
  },
  {
    name: 'tokens:revoke',
    summary: 'Revoke an API token, at once',
    args: [{ name: 'id', description: 'its id, from: bastide tokens' }],
    examples: ['bastide tokens:revoke 019a0000-0000-7000-8000-000000000000'],
    uses: ['revokeToken'],
    async run(io, input) {
      const done = await io.api.send('DELETE', path`/v1/account/tokens/${input.args.id!}`, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Revoked.');
    },
  },
];
