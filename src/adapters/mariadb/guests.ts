import { isRefusal } from '../../kernel/refusal.ts';
import type { Guests } from '../databases/guests.ts';
import { mariadb } from './mariadb.ts';
import { renderSetUser } from './render/users.ts';
import { statements } from './statements.ts';

/** Sessions that one temporary credential may have. */
const SESSIONS = 20;

/** Users for a while, for the gateway to MySQL. The server knows no end of a user: the gateway keeps it, and who drops it. */
export const mariadbGuests: Guests = {
  async set(session, { user, verifier }) {
    const { instance } = session;
    const few = { ...instance, limits: { ...instance.limits, connections: SESSIONS } };
    const done = await statements(session, renderSetUser(few, user, verifier), 'make a user for a while');
    return isRefusal(done) ? done : undefined;
  },
  drop: mariadb.dropUser,
};
