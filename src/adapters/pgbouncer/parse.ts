import type { Connection } from './port.ts';

/** A client that has named itself and of whom the log has not yet said how it went. */
export interface Attempt {
  readonly at: string;
  readonly user: string;
  readonly source: string;
  readonly tls: string | undefined;
}
/** Attempts by the number that PgBouncer gives the connection. */
export type Attempts = ReadonlyMap<string, Attempt>;
export interface Read {
  readonly attempts: Attempts;
  readonly connections: readonly (Connection & { readonly at: string })[];
}

const LINE =
  /^\S+ \S+ \S+ \[\d+\] (?:LOG|WARNING|ERROR) (C-0x[0-9a-f]+): ([^/]{0,128})\/([^@]{0,128})@\[?([0-9a-f.:]+?)\]?:\d+ (.*)$/;
const ATTEMPT = /^login attempt: .* tls=(\S+)$/;
const CLOSING = /^closing because: (.*) \(age=(\d+)s\)$/;
/** What PgBouncer says when somebody does not get in. */
const REFUSED =
  /^(SASL authentication failed|login rejected|not allowed|SSL required|client_login_timeout|no such (user|database)|bad packet|TLS handshake|invalid |unsupported |no more connections|unix socket)/;
const NOBODY = '(nouser)';

/**
 * PURE. Takes in one line of PgBouncer's log, told at `at` (ISO UTC). The log does not say when a login went well: an attempt
 * without a refusal was one, and is told with its end or by `settle`.
 */
export function readLine(attempts: Attempts, line: string, at: string): Read {
  const [, id, , user, source, said] = LINE.exec(line) ?? [];
  if (!id || !source || said === undefined) return { attempts, connections: [] };
  const named = user === undefined || user === NOBODY ? {} : { user };
  const attempt = ATTEMPT.exec(said);
  if (attempt) {
    const tls = attempt[1] === 'no' ? undefined : attempt[1]!.split('/')[0];
    return {
      attempts: new Map(attempts).set(id, { at, user: user ?? '', source, tls }),
      connections: [],
    };
  }
  const closing = CLOSING.exec(said);
  if (!closing) return { attempts, connections: [] };
  const [, reason = '', age] = closing;
  const before = attempts.get(id);
  const left = new Map(attempts);
  left.delete(id);
  if (REFUSED.test(reason) || !('user' in named))
    return { attempts: left, connections: [{ kind: 'refused', at, ...named, source, reason }] };
  const closed = { kind: 'closed' as const, at, ...named, source, reason, seconds: Number(age) };
  return { attempts: left, connections: before ? [opened(before), closed] : [closed] };
}

/** PURE. Attempts before `until` (ISO UTC) that nobody refused: they are in. */
export function settle(attempts: Attempts, until: string): Read {
  const old = [...attempts].filter(([, attempt]) => attempt.at < until);
  const left = new Map(attempts);
  for (const [id] of old) left.delete(id);
  return { attempts: left, connections: old.map(([, attempt]) => opened(attempt)) };
}

const opened = ({ at, user, source, tls }: Attempt): Read['connections'][number] => ({
  kind: 'opened',
  at,
  user,
  source,
  ...(tls ? { tls } : {}),
});

/** PURE. Names of the databases in what the console answers to `show databases`, its own left out. */
export const databasesOf = (rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
  rows
    .map(({ name }) => String(name))
    .filter((name) => name !== 'pgbouncer')
    .sort();
