import type { Instance } from '../databases/port.ts';
import { shortId } from '../databases/words.ts';

/** What every user of a database is called, before its number. */
export const usersOf = ({ id }: Instance): string => `u_${shortId(id)}_`;
export const userOf = (instance: Instance, generation: number): string => `${usersOf(instance)}${generation}`;
