import { z } from 'zod';

/** Milliseconds in which a browser has to come back from the provider and finish. */
export const SSO_LOGIN = 10 * 60_000;
/** Path of the platform that a provider sends browsers back to: the one redirect URI. */
export const SSO_RETURN = '/sso';

export const ProviderName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/)
  .meta({ description: 'Name of an OpenID provider', example: 'corp' });

export const Issuer = z
  .url({ protocol: /^https$/ })
  .max(300)
  .refine((text) => !/[?#@\s]/.test(text), 'an issuer has no query, no fragment and no user')
  .meta({ description: 'The issuer, exactly as the provider spells it', example: 'https://id.example.org' });

export const AddProvider = z.strictObject({
  name: ProviderName,
  issuer: Issuer,
  clientId: z.string().min(1).max(300).meta({ description: 'As the provider knows the platform' }),
  clientSecret: z.string().min(1).max(1000).meta({ description: 'Written once, shown to nobody' }),
  ca: z
    .string()
    .max(20_000)
    .regex(/^-----BEGIN CERTIFICATE-----/)
    .optional()
    .meta({ description: 'PEM of its authority, where it is none of the public ones' }),
});

export const ProviderView = z.object({
  name: ProviderName,
  issuer: z.string(),
  clientId: z.string(),
  redirectUri: z.url().meta({ description: 'To be allowed at the provider, exactly' }),
  ready: z.boolean().meta({ description: 'It was asked, and people can sign in with it' }),
  checkedAt: z.iso.datetime().nullable(),
  failure: z.string().nullable().meta({ description: 'Why the last look at it failed' }),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
});
export type ProviderView = z.infer<typeof ProviderView>;

export const LinkView = z.object({
  provider: ProviderName,
  issuer: z.string(),
  subject: z.string().meta({ description: 'Who you are there, as the provider calls you' }),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});

/** What a page is given when it begins; it sends the browser to `url` and keeps `login`. */
export const SsoStart = z.object({
  login: z.string().meta({ description: 'The page keeps it and finishes with it' }),
  state: z.string().meta({ description: 'What the provider sends back with the browser' }),
  url: z.url().meta({ description: 'Where the browser goes' }),
});

const visible = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\x21-\x7e]+$/);

/** What the provider sent back with the browser. */
export const SsoAnswer = z.strictObject({
  login: z.string().max(200).meta({ description: 'What the page was given when it began' }),
  state: visible(200).meta({ description: 'As it came back' }),
  code: visible(4000).meta({ description: 'As it came back; works once' }),
  iss: visible(300).optional().meta({ description: 'As it came back, where it did (RFC 9207)' }),
});

/** Inputs of the agent's operations. */
export const CheckProvider = z.strictObject({ providerId: z.uuid() });
export const FinishLogin = z.strictObject({ loginId: z.uuid() });

/** What the client secret of a provider is bound to, on its way and where it is kept. */
export const aboutSecret = (providerId: string): string => `sso:${providerId}`;
