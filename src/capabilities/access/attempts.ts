import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Millis } from '../../kernel/time.ts';
import { addressOf, networkOf } from './network.ts';
import * as store from './store/throttles.ts';
import { blocking, counted, type Door, type Key, keysOf, ROWS } from './throttle.ts';

interface Try {
  readonly door: Door;
  /** Whose: an address that was typed, an account's name. None: a token and its like. */
  readonly account?: string | undefined;
  /** The client's address as the edge saw it. */
  readonly address: string | undefined;
}

/** A try that was let through and counted. */
export interface Taken {
  readonly door: Door;
  readonly keys: readonly Key[];
}

/** Runs in a short transaction of its own, so that what is counted stays when the request is refused. */
type Run = <T>(fn: (db: Kysely<Database> | Transaction<Database>) => Promise<T>) => Promise<T>;

interface Blocked {
  readonly kind: 'address' | 'network';
  readonly until: Millis;
}

/** How long a block that is remembered here is believed before the database is asked again. */
const BELIEVED: Millis = 5000;
const seconds = (until: Millis, now: Millis): number => Math.ceil((until - now) / 1000);

/**
 * Slows guessing down, per account and per network, doubling. What is counted lies in the database and survives a
 * restart. A try is counted before it is judged, so that a hundred at once are no way round. Nobody can lock the owner
 * out: from a network where the account was signed in before, only the tries from there count; from elsewhere an account
 * that is guessed at from everywhere waits a minute at most between two tries. Passkeys are not guessed and never wait.
 */
export class Attempts {
  readonly #run: Run;
  /** Addresses and networks that wait at the door `token`: asked on every request, so remembered here. */
  readonly #waiting = new Map<string, Blocked & { readonly seen: Millis }>();
  #taken = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Seconds to wait; or the try, counted, and to be judged now. */
  async take({ door, account, address }: Try, now: Date): Promise<number | Taken> {
    const at = now.getTime();
    const network = networkOf(address);
    this.#taken += 1;
    if (this.#taken % ROWS === 0) await this.sweep(now);
    return this.#run(async (db) => {
      const known = account !== undefined && (await store.knownAt(db, account, network, now));
      const keys = keysOf({ account: account ?? '', address: addressOf(address), network, known });
      const wait = async (): Promise<number> => {
        const block = blocking(await store.readCounts(db, door, keys), at);
        if (block?.until === undefined) return 0;
        await store.noteRefused(db, door, block);
        return seconds(block.until, at);
      };
      // Asked without a lock first: in a flood this is the answer.
      const waits = await wait();
      if (waits > 0) return waits;
      await store.holdKeys(db, door, keys);
      const still = await wait();
      if (still > 0) return still;
      const next = counted(keys, await store.readCounts(db, door, keys), at);
      await store.writeCounts(db, door, next);
      if (door === 'token') this.#remember(next, at);
      return { door, keys };
    });
  }

  /** It was the right one: what this account cost this network is forgotten, and the tries of others stay. */
  async right({ door, keys }: Taken): Promise<void> {
    const own = keys.filter(({ kind }) => kind === 'pair');
    const shared = keys.filter(({ kind }) => kind !== 'pair');
    await this.#run(async (db) => {
      if (own.length > 0) await store.forget(db, door, own);
      if (shared.length > 0) await store.takeBack(db, door, shared);
    });
  }

  /** It was neither right nor wrong: it does not count. */
  async takeBack({ door, keys }: Taken): Promise<void> {
    await this.#run((db) => store.takeBack(db, door, keys));
  }

  /** Counts against a number that is never exceeded: true where it still may. */
  within(door: Door, what: string, most: number, now: Date): Promise<boolean> {
    return this.#run((db) => store.countUpTo(db, door, what, most, now));
  }

  /** Whether tokens from an address wait: `address`, all of them; `network`, those that are not right. */
  async waiting(
    address: string | undefined,
    now: Date,
  ): Promise<(Blocked & { seconds: number }) | undefined> {
    const at = now.getTime();
    for (const [kind, place] of [
      ['address', addressOf(address)],
      ['network', networkOf(address)],
    ] as const) {
      const name = `${kind} ${place}`;
      const seen = this.#waiting.get(name);
      if (!seen || seen.until <= at) continue;
      if (at - seen.seen > BELIEVED) {
        const key: Key = { kind, account: '', network: place };
        const rows = await this.#run((db) => store.readCounts(db, 'token', [key]));
        this.#waiting.delete(name);
        if (!blocking(rows, at)) continue;
        this.#remember(rows, at);
      }
      return { kind, until: seen.until, seconds: seconds(seen.until, at) };
    }
    return undefined;
  }

  /** Reads who waits: when the program starts, and now and then. */
  async load(now: Date): Promise<void> {
    const rows = await this.#run((db) => store.blockedPlaces(db, 'token', now));
    const at = now.getTime();
    this.#waiting.clear();
    for (const { kind, network, until } of rows)
      if (until && (kind === 'address' || kind === 'network'))
        this.#waiting.set(`${kind} ${network}`, { kind, until: until.getTime(), seen: at });
  }

  /** Drops what is forgotten. */
  async sweep(now: Date): Promise<void> {
    await this.#run((db) => store.sweep(db, now));
    await this.load(now);
  }

  #remember(rows: readonly (Key & { readonly until: Millis | undefined })[], at: Millis): void {
    for (const { kind, network, until } of rows)
      if (until !== undefined && until > at && (kind === 'address' || kind === 'network'))
        this.#waiting.set(`${kind} ${network}`, { kind, until, seen: at });
  }
}
