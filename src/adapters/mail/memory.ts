import type { Refusal } from '../../kernel/refusal.ts';
import type { Letter, Mail } from './port.ts';

/** A server in memory; `refusal` is what it says to everything while it is set. */
export function memoryMail(): Mail & { refusal: Refusal | undefined; readonly letters: Letter[] } {
  const letters: Letter[] = [];
  return {
    letters,
    refusal: undefined,
    async send(_server, letter) {
      if (this.refusal) return this.refusal;
      letters.push(letter);
      return undefined;
    },
  };
}
