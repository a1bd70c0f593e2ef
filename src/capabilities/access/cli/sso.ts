import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { asker } from '../../../cli/ask.ts';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given } from '../../../cli/command.ts';
import { type Io, watch } from '../../../cli/io.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { ssoFileUnreadable, ssoSecretMissing } from '../errors/sso.ts';
import { LinkView, ProviderView } from '../model/sso.ts';
import { Done } from './session.ts';

const PROVIDERS = '/v1/platform/sso';
const minute = (at: string | null) => at?.slice(0, 16).replace('T', ' ') ?? null;
const name = { name: 'name', description: 'its name' } as const;

/** Typed unseen or on standard input, never an argument. */
async function secretFrom(io: Io): Promise<Outcome<string>> {
  const said = await asker(io)('Client secret: ', true);
  return said === '' ? ssoSecretMissing() : said;
}

async function followed(io: Io, sent: Outcome<z.output<typeof Accepted>>, words: string) {
  const done = await watch(io, sent);
  if (isRefusal(done)) return done;
  if (!io.print.json) io.print.line(words);
  return undefined;
}

/** Single sign-on: providers for operators, links for everybody. */
export const ssoCommands: readonly CommandRow[] = [
  {
    name: 'sso',
    summary: 'OpenID providers that people sign in with here, for operators',
    examples: ['bastide sso'],
    uses: ['listOpenIdProviders'],
    async run(io) {
      const all = await io.api.get(PROVIDERS, z.object({ providers: z.array(ProviderView) }));
      if (isRefusal(all)) return all;
      io.print.table(all.providers, {
        name: (p) => p.name,
        issuer: (p) => p.issuer,
        'client id': (p) => p.clientId,
        'redirect URI': (p) => p.redirectUri,
        ready: (p) => (p.ready ? 'yes' : 'no'),
        looked: (p) => minute(p.checkedAt),
        failure: (p) => p.failure,
      });
    },
  },
  {
    name: 'sso:add',
    summary: 'Let people sign in at an OpenID provider in place of a password; the second factor stays',
    args: [name, { name: 'issuer', description: 'its issuer, exactly as it spells it' }],
    options: [
      {
        flags: '--client-id <id>',
        description: 'as the provider knows the platform; the secret is asked for',
      },
      { flags: '--ca <file>', description: 'PEM of its authority, where it is none of the public ones' },
    ],
    examples: [
      'bastide sso:add corp https://id.example.org --client-id bastide < secret.txt',
      'bastide sso:add corp https://id.corp.internal/realms/main --client-id bastide --ca authority.pem',
    ],
    uses: ['addOpenIdProvider', 'followOperation'],
    async run(io, input) {
      const file = given(input, 'ca');
      const ca = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => null);
      if (ca === null) return ssoFileUnreadable(file!);
      const clientSecret = await secretFrom(io);
      if (isRefusal(clientSecret)) return clientSecret;
      const sent = await io.api.send(
        'POST',
        PROVIDERS,
        {
          ...{ name: input.args.name, issuer: input.args.issuer },
          ...{ clientId: given(input, 'clientId') ?? '', clientSecret, ...(ca === undefined ? {} : { ca }) },
        },
        Accepted,
      );
      return followed(io, sent, 'People can link their accounts at it on the page /account.');
    },
  },
  {
    name: 'sso:secret',
    summary: 'Give an OpenID provider another client secret',
    args: [name],
    examples: ['bastide sso:secret corp < secret.txt'],
    uses: ['setOpenIdSecret', 'followOperation'],
    async run(io, input) {
      const clientSecret = await secretFrom(io);
      if (isRefusal(clientSecret)) return clientSecret;
      const at = `${PROVIDERS}${path`/${input.args.name!}/secret`}`;
      return followed(
        io,
        await io.api.send('PUT', at, { clientSecret }, Accepted),
        'It is used from now on.',
      );
    },
  },
  {
    name: 'sso:check',
    summary: 'Read what an OpenID provider says of itself anew, and say whether it can be used',
    args: [name],
    examples: ['bastide sso:check corp'],
    uses: ['checkOpenIdProvider', 'followOperation'],
    async run(io, input) {
      const at = `${PROVIDERS}${path`/${input.args.name!}/check`}`;
      return followed(io, await io.api.send('POST', at, undefined, Accepted), 'It can be used.');
    },
  },
  {
    name: 'sso:remove',
    summary: 'Let nobody sign in with an OpenID provider any more; all links to it end',
    args: [name],
    examples: ['bastide sso:remove corp'],
    uses: ['removeOpenIdProvider'],
    async run(io, input) {
      const at = `${PROVIDERS}${path`/${input.args.name!}`}`;
      const gone = await io.api.send('DELETE', at, undefined, z.object({ name: z.string(), links: z.int() }));
      if (isRefusal(gone)) return gone;
      io.print.done(gone, `Removed, with ${gone.links} links. Sessions go on until they end.`);
    },
  },
  {
    name: 'sso:links',
    summary: 'Who you are at OpenID providers; you link your account on the page /account',
    examples: ['bastide sso:links'],
    uses: ['listSsoLinks'],
    async run(io) {
      const own = await io.api.get('/v1/account/sso', z.object({ links: z.array(LinkView) }));
      if (isRefusal(own)) return own;
      io.print.table(own.links, {
        provider: (l) => l.provider,
        issuer: (l) => l.issuer,
        subject: (l) => l.subject,
        linked: (l) => minute(l.createdAt),
        'last used': (l) => minute(l.lastUsedAt),
      });
    },
  },
  {
    name: 'sso:unlink',
    summary: 'Unlink your account from an OpenID provider',
    args: [{ name: 'provider', description: 'its name, from: bastide sso:links' }],
    examples: ['bastide sso:unlink corp'],
    uses: ['removeSsoLink'],
    async run(io, input) {
      const at = path`/v1/account/sso/${input.args.provider!}`;
      const done = await io.api.send('DELETE', at, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Unlinked.');
    },
  },
];
