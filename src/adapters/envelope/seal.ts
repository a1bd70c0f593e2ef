import { Encrypter } from 'age-encryption';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { recipientInvalid } from './errors.ts';
import { joinSealed, keyIdOf } from './keyid.ts';
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

/** `<key id>.<base64>` of an age file (age-encryption.org/v1) that holds `{owner, name, value}`. */
export const seal: Seal = async (recipient, { owner, name }, value) => {
  const encrypter = encrypterFor(recipient);
  if (isRefusal(encrypter)) return encrypter;
  const sealed = await encrypter.encrypt(JSON.stringify({ owner, name, value: value.reveal() }));
  return joinSealed(keyIdOf(recipient), Buffer.from(sealed).toString('base64'));
};
