import type { Instance } from '../databases/port.ts';
import { shortId } from '../databases/words.ts';

/** Who the platform is, by the local socket: the server's own operating-system user. */
export const KEEPER = 'mysql';
/** Who reads a dump back: may make what others own in this one database, and nothing else. */
export const RESTORER = 'bastide_restore';
/** What every user of a database is called, before its number. */
export const usersOf = ({ id }: Instance): string => `u_${shortId(id)}_`;
export const userOf = (instance: Instance, generation: number): string => `${usersOf(instance)}${generation}`;
export const databaseOf = ({ name }: Instance): string => name.replaceAll('-', '_');
