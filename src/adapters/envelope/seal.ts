import { Encrypter } from 'age-encryption';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { recipientInvalid } from './errors.ts';
import type { Seal } from './port.ts';

function encrypterFor(recipient: string): Outcome<Encrypter> {
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    return encrypter;
  } catch {
    return recipientInvalid();
  }
}

/** age file (age-encryption.org/v1) of `{app, name, value}` as base64. */
export const seal: Seal = async (recipient, { app, name }, value) => {
  const encrypter = encrypterFor(recipient);
  if (isRefusal(encrypter)) return encrypter;
  const sealed = await encrypter.encrypt(JSON.stringify({ app, name, value: value.reveal() }));
  return Buffer.from(sealed).toString('base64');
};
