import { z } from 'zod';
import { DAY, NewToken, TokenName } from '../model.ts';
import { Issuer } from './sso.ts';

/** Minutes that a token lives which a CI job is given for its own. */
export const CI_MINUTES = 15;
/** Days that a rule lives unless told, and at most. */
export const RULE_DAYS = { default: 90, most: 365 } as const;
/** Rules that a project has at most. */
export const RULES = 50;
/** Seconds since a token was signed after which it is too old to be exchanged, however long it lives. */
export const CI_AGE = 3600;
/** Milliseconds: public keys are fetched anew after `fresh`, and believed for `good` where that fails. */
export const CI_KEYS = { fresh: 3_600_000, good: DAY, again: 60_000, failing: 300_000 } as const;

const Claim = z.string().regex(/^[A-Za-z][A-Za-z0-9_./:-]{0,63}$/);
const Pattern = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[\x21-\x7e]+$/)
  .refine((text) => text.split(/[:/]/).every((part) => part.split('*').length <= 2), 'one * a part, at most')
  .refine((text) => !/^[*:/]+$/.test(text), 'says nothing');

/** Parts of a text, and what separates them. */
const partsOf = (text: string): string[] => text.split(/([:/])/);

/**
 * PURE. Whether a subject is bounded: exact, or with two whole parts before its first `*`, as `repo:acme/…` has. The
 * issuers of CI platforms sign for everybody who has an account there: what comes first says whose it is.
 */
export function bounded(subject: string): boolean {
  const star = subject.indexOf('*');
  if (star < 0) return true;
  const before = subject.slice(0, star);
  return (
    before
      .slice(0, Math.max(before.lastIndexOf(':'), before.lastIndexOf('/'), 0))
      .split(/[:/]+/)
      .filter(Boolean).length >= 2
  );
}

const partFits = (pattern: string, part: string): boolean => {
  const [head = '', tail] = pattern.split('*');
  if (tail === undefined) return pattern === part;
  return part.length >= head.length + tail.length && part.startsWith(head) && part.endsWith(tail);
};

/** PURE. Whether a claim is what a rule wants. `*` stands for what is inside of one part: never for `:` or `/`. */
export function fits(pattern: string, value: unknown): boolean {
  if (!['string', 'number', 'boolean'].includes(typeof value)) return false;
  const [wanted, has] = [partsOf(pattern), partsOf(String(value))];
  return wanted.length === has.length && wanted.every((part, index) => partFits(part, has[index]!));
}

/** PURE. Whether every claim of a rule fits. */
export const claimsFit = (
  rule: Readonly<Record<string, string>>,
  claims: Readonly<Record<string, unknown>>,
): boolean =>
  Object.entries(rule).every(([name, pattern]) => Object.hasOwn(claims, name) && fits(pattern, claims[name]));

export const AddRule = z.strictObject({
  name: TokenName,
  issuer: Issuer.meta({
    description: 'Who signs the tokens of the CI platform',
    example: 'https://token.actions.githubusercontent.com',
  }),
  subject: Pattern.meta({
    description: 'The claim sub: exact, or with * inside of a part',
    example: 'repo:acme/shop:ref:refs/heads/main',
  }),
  claims: z
    .record(Claim, Pattern)
    .refine((claims) => Object.keys(claims).length <= 10, 'ten at most')
    .refine(
      (claims) => !['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'jti'].some((name) => name in claims),
      'is judged anyway',
    )
    .default({})
    .meta({ description: 'What other claims have to be', example: { repository_owner_id: '1234' } }),
  days: z
    .int()
    .min(1)
    .max(RULE_DAYS.most)
    .default(RULE_DAYS.default)
    .meta({ description: `Days until it ends, ${RULE_DAYS.most} at most` }),
});

export const RuleView = z.object({
  id: z.uuid(),
  name: TokenName,
  issuer: z.string(),
  audience: z.string().meta({ description: 'What the CI platform has to be asked a token for' }),
  claims: z.record(z.string(), z.string()),
  keys: z.enum(['ready', 'missing']).meta({ description: "Whether the issuer's public keys are known" }),
  failure: z.string().nullable().meta({ description: 'Why they could not be fetched last' }),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});
export type RuleView = z.infer<typeof RuleView>;

export const ExchangeInput = z.strictObject({
  project: z.string().max(40).meta({ description: 'Name of the project' }),
  token: z
    .string()
    .max(10_000)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/)
    .meta({ description: 'What the CI platform signed for the job' }),
});

export const CiToken = NewToken.omit({ account: true });

/** Input of the agent's operation. */
export const FetchKeys = z.strictObject({ issuer: Issuer });
