import { isRefusal } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { databaseCommandFailed } from '../databases/errors.ts';
import type { Guest, Guests } from '../databases/guests.ts';
import { psqlServer } from './commands.ts';
import { postgres } from './postgres.ts';
import { renderSetGuest } from './render/guests.ts';

/** Users for a while, for the gateway to PostgreSQL: the server itself refuses them after their end. */
export const postgresGuests: Guests = {
  async set(session, guest: Guest) {
    const ran = await session.run(psqlServer(), new Secret(renderSetGuest(session.instance, guest)));
    if (isRefusal(ran)) return ran;
    return ran.code === 0
      ? undefined
      : databaseCommandFailed(session.instance.name, 'make a user for a while', ran.stderr);
  },
  drop: postgres.dropUser,
};
