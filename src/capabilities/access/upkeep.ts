import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { alert, settle } from '../../engine/alert.ts';
import { guessedAt } from './store/throttles.ts';

/** Networks that guess at one door at once from which on it is a campaign. */
const MANY = 10;

/**
 * Says so when somebody guesses: one alert per door, open until an hour without. Many networks at once, or many
 * addresses of accounts from one, are a campaign.
 */
export async function watchGuesses(db: Kysely<Database>, now: Date): Promise<void> {
  for (const { door, networks, accounts, tries, refused, blocked } of await guessedAt(db, now)) {
    const subject = `door:${door}`;
    if (blocked === 0) {
      await settle(db, 'guessing', subject);
      continue;
    }
    const many = networks >= MANY || accounts >= MANY;
    await alert(db, {
      severity: many ? 'critical' : 'warning',
      code: 'guessing',
      subject,
      message: `Somebody guesses (${door}): ${tries} tries in the last hour at ${accounts} accounts from ${networks} networks; ${refused} more were turned away`,
      next: 'See: bastide access:throttles. Who was turned away by mistake: bastide access:throttle:reset',
      detail: { networks, accounts, tries, refused },
    });
  }
}
