import type { Guest } from '../../databases/guests.ts';
import type { Instance } from '../../databases/port.ts';
import { renderSetUser } from './roles.ts';

/** Sessions that one temporary credential may have. */
const SESSIONS = 20;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;

/** As any user of the database, with an end. It cannot move that: nobody in here may create roles. */
export const renderSetGuest = (instance: Instance, { user, verifier, until }: Guest): string => {
  if (!MOMENT.test(until)) throw new Error(`${until} is no moment`);
  return (
    renderSetUser(instance, user, verifier) +
    `ALTER ROLE "${user}" VALID UNTIL '${until}' CONNECTION LIMIT ${SESSIONS};\n`
  );
};
