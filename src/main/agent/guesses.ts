import type { Kysely } from 'kysely';
import { Attempts } from '../../capabilities/access/attempts.ts';
import { blockedPlaces } from '../../capabilities/access/store/throttles.ts';
import type { Door } from '../../capabilities/access/throttle.ts';
import type { Database } from '../../db/schema.ts';

/** A sign-in that a gateway turned down. */
interface Failure {
  /** The client's address, as the connection itself has it. */
  readonly address: string;
}

/** What a gateway tells of guesses, and whom it keeps out for a time. */
interface GuessesAt {
  failed(failures: readonly Failure[]): Promise<void>;
  /** Addresses that have to wait. */
  blocked(): Promise<ReadonlySet<string>>;
}

/** Counts at one door, in the same table as the API's. */
export function guessesAt(
  db: Kysely<Database>,
  door: Extract<Door, 'database' | 'ssh'>,
  now: () => Date,
): GuessesAt {
  const attempts = new Attempts((fn) => db.transaction().execute(fn));
  return {
    async failed(failures) {
      for (const { address } of failures) await attempts.take({ door, address }, now());
    },
    async blocked() {
      const rows = await blockedPlaces(db, door, now());
      return new Set(rows.filter(({ kind }) => kind === 'address').map(({ network }) => network));
    },
  };
}
