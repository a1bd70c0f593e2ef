import type { Millis } from '../../kernel/time.ts';

/** What is knocked at: everything that takes something which could be guessed. */
export type Door =
  | 'password'
  | 'factor'
  | 'recovery'
  | 'device'
  | 'device-start'
  | 'device-code'
  | 'sso'
  | 'ci'
  | 'invitation'
  | 'bootstrap'
  | 'enrolment'
  | 'token'
  | 'database'
  | 'ssh';

/** What is counted: tries at an account from a network, at an account, from a network, from one address. */
export type Kind = 'pair' | 'account' | 'network' | 'address';

/**
 * Tries that cost nothing, the first wait (it doubles with each try beyond), the longest one. An account as such waits a
 * minute at most, or whoever guesses at it would lock its owner out.
 */
const RULES: Readonly<Record<Kind, { free: number; first: Millis; longest: Millis }>> = {
  pair: { free: 5, first: 1000, longest: 15 * 60_000 },
  account: { free: 30, first: 1000, longest: 60_000 },
  network: { free: 30, first: 30_000, longest: 15 * 60_000 },
  address: { free: 10, first: 30_000, longest: 15 * 60_000 },
};
/** Without a try for so long, a count is forgotten. */
export const FORGET: Millis = 60 * 60_000;
/** Rows that are kept at most: a flood of made-up accounts fills no disk. */
export const ROWS = 20_000;

export interface Key {
  readonly kind: Kind;
  readonly account: string;
  readonly network: string;
}

export interface Counted extends Key {
  readonly tries: number;
  readonly first: Millis;
  readonly last: Millis;
  readonly until: Millis | undefined;
}

export interface Where {
  readonly address: string;
  readonly network: string;
  /** '' where it is about no account, as with a token. */
  readonly account: string;
  /** Whether the account was wholly signed in from that network before. */
  readonly known: boolean;
}

/**
 * PURE. What a try counts for. Where the owner was before, only the tries from there count, so that nobody locks him out
 * from elsewhere. What belongs to no account counts for its address and its network.
 */
export function keysOf({ account, address, network, known }: Where): Key[] {
  if (account === '')
    return [
      { kind: 'address', account, network: address },
      { kind: 'network', account, network },
    ];
  const pair: Key = { kind: 'pair', account, network };
  if (known) return [pair];
  return [pair, { kind: 'account', account, network: '' }, { kind: 'network', account: '', network }];
}

const fresh = (row: Counted, now: Millis): boolean => now - row.last < FORGET || (row.until ?? 0) > now;

/** PURE. The count that blocks for longest, if any does. */
export function blocking(rows: readonly Counted[], now: Millis): Counted | undefined {
  const blocked = rows.filter(({ until }) => until !== undefined && until > now);
  return blocked.sort((one, other) => (other.until ?? 0) - (one.until ?? 0))[0];
}

/** PURE. The counts after one more try. */
export function counted(keys: readonly Key[], rows: readonly Counted[], now: Millis): Counted[] {
  return keys.map((key) => {
    const row = rows.find(
      ({ kind, account, network }) => kind === key.kind && account === key.account && network === key.network,
    );
    const seen = row && fresh(row, now) ? row : undefined;
    const tries = (seen?.tries ?? 0) + 1;
    const { free, first, longest } = RULES[key.kind];
    const over = tries - free;
    const until = over < 0 ? undefined : now + Math.min(longest, first * 2 ** Math.min(over, 20));
    return { ...key, tries, first: seen?.first ?? now, last: now, until };
  });
}
