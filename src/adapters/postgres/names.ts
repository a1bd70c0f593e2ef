import type { Instance } from '../databases/port.ts';
import { shortId } from '../databases/words.ts';

/** Owns the database and all in it; nobody signs in as it. */
export const ownerOf = ({ id }: Instance): string => `o_${shortId(id)}`;
/** Works for the platform inside the customer's database, by the local socket only, with no right beyond it. */
export const keeperOf = ({ id }: Instance): string => `m_${shortId(id)}`;
export const userOf = ({ id }: Instance, generation: number): string => `u_${shortId(id)}_${generation}`;
export const databaseOf = ({ name }: Instance): string => name.replaceAll('-', '_');
