import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Secret } from '../../kernel/secret.ts';
import { addBootstrapToken } from './store.ts';
import { newToken } from './tokens.ts';

/** Hours in which a bootstrap token has to be used. */
export const BOOTSTRAP_HOURS = 24;

/**
 * Makes the one-time token that `npm start` prints; `bastide login` exchanges it for an API token.
 * Needs the right to insert bootstrap tokens: the bring-up (owner) or the agent, never the API.
 */
export async function createBootstrapToken(db: Kysely<Database>, now = new Date()): Promise<Secret> {
  const token = newToken('bsb');
  await addBootstrapToken(db, token, new Date(now.getTime() + BOOTSTRAP_HOURS * 3_600_000));
  return token;
}
