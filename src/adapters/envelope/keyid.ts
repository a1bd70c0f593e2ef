import { createHash } from 'node:crypto';

/** A name for a recipient, made of it: the front of every text that is sealed to it. */
export const keyIdOf = (recipient: string): string =>
  createHash('sha256').update(recipient).digest('hex').slice(0, 16);

/** The key id and the age file of a sealed text; one from before there were generations has no key id. */
export function splitSealed(sealed: string): { readonly keyId: string | undefined; readonly body: string } {
  const dot = sealed.indexOf('.');
  return dot < 0
    ? { keyId: undefined, body: sealed }
    : { keyId: sealed.slice(0, dot), body: sealed.slice(dot + 1) };
}

export const joinSealed = (keyId: string, body: string): string => `${keyId}.${body}`;
