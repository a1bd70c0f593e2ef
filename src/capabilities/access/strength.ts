import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { passwordKnown, passwordShort, passwordWeak } from './errors.ts';
import { PASSWORD } from './model/accounts.ts';

/** Characters that are judged. */
const JUDGED = 64;

let estimator: ZxcvbnFactory | undefined;

/** Made at the first use: it unpacks 49,000 passwords that were in breaches, and 8,000 common words. */
const estimate = (): ZxcvbnFactory => {
  estimator ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  return estimator;
};

const common = new Set<string>(
  (dictionary['passwords-common'] as readonly string[]).map((word) => word.toLowerCase()),
);

/**
 * Refuses a password that is short (`password_short`), on the list of common and breached ones (`password_known`), or
 * found in fewer than 10^10 guesses by somebody who knows whose it is (`password_weak`). No rules on what it is made of.
 */
export function refusePassword(password: Secret, about: readonly string[]): Refusal | undefined {
  const text = password.reveal().normalize('NFKC');
  if ([...text].length < PASSWORD.least) return passwordShort(PASSWORD.least);
  const plain = text.toLowerCase();
  if (common.has(plain) || common.has(plain.replace(/[\d\W_]+$/, ''))) return passwordKnown();
  const words = about
    .flatMap((word) => [word, ...word.split(/[^\p{L}\p{N}]+/u)])
    .filter((word) => word.length > 2);
  // The estimate takes time that grows with the length, and more than this is never needed.
  const { guessesLog10 } = estimate().check(text.slice(0, JUDGED), [...words, 'bastide']);
  return guessesLog10 < PASSWORD.guessesLog10 ? passwordWeak() : undefined;
}
