import { Encrypter } from 'age-encryption';

/** Whether it is an age recipient (age-encryption.org/v1), checksum and all. */
export function isRecipient(text: string): boolean {
  try {
    new Encrypter().addRecipient(text);
    return true;
  } catch {
    return false;
  }
}
