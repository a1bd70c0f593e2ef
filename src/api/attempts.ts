import type { Millis } from '../kernel/time.ts';

/** Tries that cost nothing, of one account from one network; of one network; of one account from everywhere. */
const FREE = { pair: 5, network: 30, account: 30 } as const;
/** Longest wait, in milliseconds. */
const MOST = { pair: 15 * 60_000, network: 15 * 60_000, account: 60_000 } as const;
/** Without a try for so long, a count is forgotten. */
const FORGET = 60 * 60_000;
const KEYS = 50_000;

type Kind = keyof typeof FREE;

export interface Try {
  /** Whose door: an e-mail address, or an account's id with what is guessed. */
  readonly account: string;
  readonly network: string;
  /** Whether the account has been signed in from that network before. */
  readonly known: boolean;
}

/**
 * Slows guessing down, per account and per network, doubling. A try is counted before it is judged, so that a hundred at
 * once are no way round. Nobody can lock the owner out: from a network where the account was signed in before, only the
 * tries from there count; from elsewhere an account that is guessed at from everywhere waits a minute at most between two
 * tries. Passkeys are not guessed and never wait.
 */
export class Attempts {
  readonly #counts = new Map<string, { tries: number; until: Millis; last: Millis }>();

  /** Seconds to wait; 0: go on, and the try is counted. */
  take(one: Try, now: Millis): number {
    const keys = this.#keys(one);
    const until = Math.max(...keys.map(([, key]) => this.#fresh(key, now)?.until ?? 0));
    if (until > now) return Math.ceil((until - now) / 1000);
    for (const [kind, key] of keys) this.#count(kind, key, now);
    return 0;
  }

  /** It was the right one: what this account cost this network is forgotten, and the tries of others stay. */
  succeeded(one: Try): void {
    this.#counts.delete(`pair ${one.account} ${one.network}`);
    for (const [kind, key] of this.#keys(one)) {
      const seen = this.#counts.get(key);
      if (kind !== 'pair' && seen) seen.tries -= 1;
    }
  }

  /** Counts against a number that is never exceeded: true where it still may. */
  within(key: string, most: number, now: Millis): boolean {
    const seen = this.#fresh(`most ${key}`, now);
    if (seen && seen.tries >= most) return false;
    this.#add(`most ${key}`, now);
    return true;
  }

  #keys({ account, network, known }: Try): [Kind, string][] {
    const pair: [Kind, string] = ['pair', `pair ${account} ${network}`];
    return known ? [pair] : [pair, ['network', `network ${network}`], ['account', `account ${account}`]];
  }

  #fresh(key: string, now: Millis) {
    const seen = this.#counts.get(key);
    return seen && now - seen.last < FORGET ? seen : undefined;
  }

  #add(key: string, now: Millis) {
    const seen = this.#fresh(key, now);
    if (!seen && this.#counts.size >= KEYS) this.#forget(now);
    const next = { tries: (seen?.tries ?? 0) + 1, until: seen?.until ?? 0, last: now };
    this.#counts.set(key, next);
    return next;
  }

  #count(kind: Kind, key: string, now: Millis): void {
    const next = this.#add(key, now);
    const over = next.tries - FREE[kind];
    if (over >= 0) next.until = now + Math.min(MOST[kind], 1000 * 2 ** Math.min(over, 20));
  }

  /** Old ones go; where all are fresh, those with the fewest tries do: a flood of new keys hides nobody's many. */
  #forget(now: Millis): void {
    for (const [key, { last }] of this.#counts) if (now - last >= FORGET) this.#counts.delete(key);
    if (this.#counts.size < KEYS) return;
    const few = [...this.#counts].sort(([, a], [, b]) => a.tries - b.tries).slice(0, KEYS / 10);
    for (const [key] of few) this.#counts.delete(key);
  }
}
