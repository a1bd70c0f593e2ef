import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { SESSION } from '../model/accounts.ts';
import { networkOf } from '../network.ts';
import { type Counted, type Door, FORGET, type Key, type Kind, ROWS } from '../throttle.ts';

type Db = Kysely<Database> | Transaction<Database>;
const LOCKS = 57;

const kinds: ReadonlySet<string> = new Set(['pair', 'account', 'network', 'address'] satisfies Kind[]);
const isKind = (kind: string): kind is Kind => kinds.has(kind);

const matches = (door: Door, keys: readonly Key[]) =>
  sql<boolean>`(door, kind, account, network) in (${sql.join(
    keys.map((key) => sql`(${door}, ${key.kind}, ${key.account}, ${key.network})`),
  )})`;

/** Whether a token with the hash was good once: then it is no guess. */
export async function wasToken(db: Db, hash: Uint8Array): Promise<boolean> {
  const { rows } = await sql<{ was: boolean }>`select bastide_was_token(${hash}) as was`.execute(db);
  return rows[0]?.was ?? false;
}

/** Whether an account, by its name or address, was wholly signed in from the network in the last 90 days. */
export async function knownAt(db: Db, account: string, network: string, now: Date): Promise<boolean> {
  const row = await db
    .selectFrom('sessions as s')
    .innerJoin('accounts as a', 'a.id', 's.account_id')
    .select('s.id')
    .where(({ eb, or }) => or([eb('a.email', '=', account), eb('a.name', '=', account)]))
    .where('s.network', '=', network)
    .where('s.level', '=', 2)
    .where('s.created_at', '>', new Date(now.getTime() - SESSION.kept))
    .executeTakeFirst();
  return row !== undefined;
}

export async function readCounts(db: Db, door: Door, keys: readonly Key[]): Promise<Counted[]> {
  const rows = await db.selectFrom('throttles').selectAll().where(matches(door, keys)).execute();
  return rows.flatMap(({ kind, account, network, tries, first_at, last_at, blocked_until }) =>
    isKind(kind)
      ? {
          ...{ kind, account, network, tries, first: first_at.getTime(), last: last_at.getTime() },
          until: blocked_until?.getTime(),
        }
      : [],
  );
}

/**
 * Holds the keys until the transaction ends, so that a hundred tries at once are counted one after another. What is lost
 * of a count when the machine fails is half a second; nobody waits for the disk.
 */
export async function holdKeys(db: Db, door: Door, keys: readonly Key[]): Promise<void> {
  const names = keys.map((key) => [door, key.kind, key.account, key.network].join(' '));
  await sql`select pg_advisory_xact_lock(${LOCKS}, h.hash)
    from (select distinct hashtext(n) as hash from unnest(${names}::text[]) n order by 1) h`.execute(db);
  await sql`select set_config('synchronous_commit', 'off', true)`.execute(db);
}

export async function writeCounts(db: Db, door: Door, rows: readonly Counted[]): Promise<void> {
  await db
    .insertInto('throttles')
    .values(
      rows.map(({ kind, account, network, tries, first, last, until }) => ({
        ...{ door, kind, account, network, tries },
        first_at: new Date(first),
        last_at: new Date(last),
        blocked_until: until === undefined ? null : new Date(until),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['door', 'kind', 'account', 'network']).doUpdateSet(({ ref }) => ({
        tries: ref('excluded.tries'),
        first_at: ref('excluded.first_at'),
        last_at: ref('excluded.last_at'),
        blocked_until: ref('excluded.blocked_until'),
      })),
    )
    .execute();
}

/** Writes down that a try was turned away by this count. */
export async function noteRefused(db: Db, door: Door, key: Key): Promise<void> {
  await sql`select set_config('synchronous_commit', 'off', true)`.execute(db);
  await db
    .updateTable('throttles')
    .set({ refused: sql<number>`refused + 1` })
    .where(matches(door, [key]))
    .execute();
}

/** Takes one try back, of each key. */
export const takeBack = (db: Db, door: Door, keys: readonly Key[]) =>
  db
    .updateTable('throttles')
    .set({ tries: sql<number>`greatest(tries - 1, 0)` })
    .where(matches(door, keys))
    .execute();

export const forget = (db: Db, door: Door, keys: readonly Key[]) =>
  db.deleteFrom('throttles').where(matches(door, keys)).execute();

/** Counts up to a number that is never exceeded: true where it still may. Starts anew after an hour without any. */
export async function countUpTo(db: Db, door: Door, what: string, most: number, now: Date): Promise<boolean> {
  const stale = new Date(now.getTime() - FORGET);
  const { rows } = await sql`
    insert into throttles (door, kind, account, tries, first_at, last_at) values (${door}, 'count', ${what}, 1, ${now}, ${now})
    on conflict (door, kind, account, network) do update set last_at = excluded.last_at,
      tries = case when throttles.last_at < ${stale} then 1 else throttles.tries + 1 end
      where throttles.tries < ${most} or throttles.last_at < ${stale}
    returning tries`.execute(db);
  return rows.length > 0;
}

/** Drops what is forgotten; beyond the most rows those with the fewest tries: a flood of new ones hides nobody's many. */
export async function sweep(db: Db, now: Date): Promise<void> {
  await db
    .deleteFrom('throttles')
    .where('last_at', '<', new Date(now.getTime() - FORGET))
    .where(({ eb, or }) => or([eb('blocked_until', 'is', null), eb('blocked_until', '<', now)]))
    .execute();
  await sql`delete from throttles where ctid = any (array(
    select ctid from throttles order by tries desc, last_at desc offset ${ROWS}))`.execute(db);
}

/** What is blocked now at a door, for addresses and networks. */
export const blockedPlaces = (db: Db, door: Door, now: Date) =>
  db
    .selectFrom('throttles')
    .select(['kind', 'network', 'blocked_until as until'])
    .where('door', '=', door)
    .where('account', '=', '')
    .where('blocked_until', '>', now)
    .execute();

/** What people look at: blocked ones first, then those with the most tries. */
export const listThrottles = (db: Db, now: Date, limit: number) =>
  db
    .selectFrom('throttles')
    .selectAll()
    .where('kind', '<>', 'count')
    .where(({ eb, or }) =>
      or([eb('last_at', '>', new Date(now.getTime() - FORGET)), eb('blocked_until', '>', now)]),
    )
    .orderBy(sql`blocked_until > ${now} desc nulls last`)
    .orderBy('tries', 'desc')
    .limit(limit)
    .execute();

/** Forgets what is counted of an account (its name and its address are one), of a network, or both. Gives how many. */
export async function resetThrottles(
  db: Db,
  which: { readonly account?: string | undefined; readonly network?: string | undefined },
): Promise<number> {
  const account = which.account ?? '';
  const names = db
    .selectFrom('accounts')
    .select(sql<string>`unnest(array[name, email])`.as('one'))
    .where(({ eb, or }) => or([eb('name', '=', account), eb('email', '=', account)]));
  let query = db.deleteFrom('throttles');
  if (which.account !== undefined)
    query = query.where(({ eb, or }) => or([eb('account', '=', account), eb('account', 'in', names)]));
  if (which.network !== undefined) {
    const plain = which.network.split('/')[0];
    // Of a /24 its addresses too, which are counted one by one; of an address its network too.
    const within = which.network.endsWith('.0/24') ? `${plain?.replace(/0$/, '')}%` : '';
    const places = [which.network, networkOf(plain)];
    query = query.where(({ eb, or, and }) =>
      or([eb('network', 'in', places), and([eb('kind', '=', 'address'), eb('network', 'like', within)])]),
    );
  }
  const { numDeletedRows } = await query.executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** What was tried at each door in the last hour; a door that somebody was ever blocked at stays until it is swept. */
export async function guessedAt(db: Db, now: Date) {
  const since = new Date(now.getTime() - FORGET);
  const { rows } = await sql<{
    door: string;
    networks: number;
    accounts: number;
    tries: number;
    refused: number;
    blocked: number;
  }>`
    select d.door, coalesce(t.networks, 0)::int as networks, coalesce(t.accounts, 0)::int as accounts,
      coalesce(t.tries, 0)::int as tries, coalesce(t.refused, 0)::int as refused, coalesce(t.blocked, 0)::int as blocked
    from (select door from throttles union select substr(subject, 6) from alerts where code = 'guessing' and resolved_at is null) d
    left join (
      select door, count(distinct network) filter (where kind in ('pair', 'network')) as networks,
        count(distinct account) filter (where kind in ('pair', 'account')) as accounts,
        sum(tries) filter (where kind in ('pair', 'address')) as tries, sum(refused) as refused,
        count(*) filter (where blocked_until is not null) as blocked
      from throttles where last_at > ${since} and kind <> 'count' group by door
    ) t on t.door = d.door order by 1`.execute(db);
  return rows;
}
