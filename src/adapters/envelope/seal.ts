import { createHash } from 'node:crypto';
import { Encrypter } from 'age-encryption';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { recipientInvalid } from './errors.ts';
import type { Seal } from './port.ts';

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

function encrypterFor(recipient: string): Outcome<Encrypter> {
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    return encrypter;
  } catch {
    return recipientInvalid();
  }
}

/** `<key id>.<base64>` of an age file (age-encryption.org/v1) that holds `{owner, name, value}`. */
export const seal: Seal = async (recipient, { owner, name }, value) => {
  const encrypter = encrypterFor(recipient);
  if (isRefusal(encrypter)) return encrypter;
  const sealed = await encrypter.encrypt(JSON.stringify({ owner, name, value: value.reveal() }));
  return joinSealed(keyIdOf(recipient), Buffer.from(sealed).toString('base64'));
};
