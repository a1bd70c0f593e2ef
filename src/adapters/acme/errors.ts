import { Refusal } from '../../kernel/refusal.ts';

export const acmeUnreachable = (directory: string, why: string): Refusal =>
  new Refusal(
    'acme_unreachable',
    `The certificate authority ${directory} does not answer: ${why}`,
    'It is tried again in a few minutes.',
  );

export const acmeChallengeFailed = (hosts: string, why: string): Refusal =>
  new Refusal(
    'acme_challenge_failed',
    `The certificate authority could not reach ${hosts} here: ${why}`,
    'Point the name (A or AAAA record) at this platform; it is tried again by itself.',
  );

export const acmeRateLimited = (why: string): Refusal =>
  new Refusal(
    'acme_rate_limited',
    `The certificate authority wants no more requests for now: ${why}`,
    'It is tried again in some hours.',
  );

export const acmeRefused = (why: string): Refusal =>
  new Refusal(
    'acme_refused',
    `The certificate authority refuses: ${why}`,
    'Check the name and the account; the text above is the authority’s own.',
  );
