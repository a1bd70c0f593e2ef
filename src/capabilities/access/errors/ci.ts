import { Refusal } from '../../../kernel/refusal.ts';

export const ciTokenRefused = () =>
  new Refusal(
    'ci_token_refused',
    'No rule of the project trusts this token',
    'It has to be new, unused, for the audience of `bastide ci:trust` and from what a rule there names. The audit log says what was wrong.',
  );

export const ciKeysMissing = (issuer: string) =>
  new Refusal(
    'ci_keys_missing',
    `The public key of ${issuer} that this token was signed with is not known yet`,
    'Try again in a minute. Where it stays so, see: bastide ci:trust',
  );

export const ciRuleUnbounded = () =>
  new Refusal(
    'ci_rule_unbounded',
    'The subject would let in jobs of anybody at this CI platform',
    'Name whose it is before the first *, as in repo:acme/shop:ref:refs/heads/*',
  );

export const ciRulesFull = (most: number) =>
  new Refusal('ci_rules_full', `A project has ${most} rules at most`, 'Remove one: bastide ci:trust:remove');

export const ciRuleNotFound = () =>
  new Refusal('ci_rule_not_found', 'The project has no such rule', 'List them with: bastide ci:trust');

export const ciTokenMissing = () =>
  new Refusal(
    'ci_token_missing',
    'No token came on standard input',
    'Pipe in what your CI platform signed for this job.',
  );
