import { type Kysely, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { TenantDb } from '../../db/transaction.ts';
import { KEPT_DAYS, type MailView } from './model.ts';

type Db = Kysely<Database>;
export type LetterRow = Awaited<ReturnType<typeof due>>[number];

/** Notes whether there is a server; without one, nothing waits for it. */
export async function noteOutlet(
  db: Db,
  outlet: { readonly server: string; readonly sender: string } | undefined,
): Promise<void> {
  const values = {
    enabled: outlet !== undefined,
    server: outlet?.server ?? null,
    sender: outlet?.sender ?? null,
  };
  await db
    .insertInto('mail_outlet')
    .values(values)
    .onConflict((conflict) =>
      conflict.column('one').doUpdateSet({ ...values, failing_since: null, failure: null }),
    )
    .execute();
  if (!outlet)
    await db
      .updateTable('letters')
      .set({ dropped_at: sql<Date>`now()`, failure: 'mail was switched off' })
      .where('sent_at', 'is', null)
      .where('dropped_at', 'is', null)
      .execute();
}

/** Letters whose time it is, the oldest first. */
export const due = (db: Db, now: Date, most: number) =>
  db
    .selectFrom('letters')
    .select(['id', 'address', 'kind', 'detail', 'created_at', 'tries'])
    .where('sent_at', 'is', null)
    .where('dropped_at', 'is', null)
    .where('next_at', '<=', now)
    .orderBy('created_at')
    .limit(most)
    .execute();

export async function sent(db: Db, id: string, now: Date): Promise<void> {
  await db.updateTable('letters').set({ sent_at: now, failure: null }).where('id', '=', id).execute();
  await db.updateTable('mail_outlet').set({ sent_at: now, failing_since: null, failure: null }).execute();
}

/** It was not taken: `next` is when it is tried again, null where nobody tries any more. */
export async function notTaken(db: Db, id: string, why: string, next: Date | null, now: Date): Promise<void> {
  await db
    .updateTable('letters')
    .set((eb) => ({
      tries: eb('tries', '+', 1),
      failure: why.slice(0, 500),
      ...(next ? { next_at: next } : { dropped_at: now }),
    }))
    .where('id', '=', id)
    .execute();
}

/** The server takes nothing; since when. */
export async function failing(db: Db, why: string, now: Date): Promise<Date> {
  const { failing_since } = await db
    .updateTable('mail_outlet')
    .set({ failing_since: sql<Date>`coalesce(failing_since, ${now})`, failure: why.slice(0, 500) })
    .returning('failing_since')
    .executeTakeFirstOrThrow();
  return failing_since ?? now;
}

/** What nobody needs any more, with the addresses on it. */
export async function dropOld(db: Db): Promise<void> {
  await db
    .deleteFrom('letters')
    .where(sql<boolean>`coalesce(sent_at, dropped_at) < now() - make_interval(days => ${KEPT_DAYS})`)
    .execute();
}

/** A letter to whoever asks, and its address; undefined where the account has none. */
export async function writeTest(db: Db, accountId: string, operationId: string) {
  await sql`insert into letters (account_id, address, kind, operation_id)
    select id, email, 'test', ${operationId}::uuid from accounts where id = ${accountId} and email is not null
    on conflict (operation_id) do nothing`.execute(db);
  return db
    .selectFrom('letters')
    .select(['id', 'address', 'kind', 'detail', 'created_at', 'tries'])
    .where('operation_id', '=', operationId)
    .executeTakeFirst();
}

export const wasTested = async (db: Db, operationId: string): Promise<boolean> =>
  (await db
    .selectFrom('letters')
    .select('id')
    .where('operation_id', '=', operationId)
    .where('sent_at', 'is not', null)
    .executeTakeFirst()) !== undefined;

/** How mail goes, for operators. */
export async function mailView(db: TenantDb): Promise<MailView> {
  const outlet = await db.selectFrom('mail_outlet').selectAll().executeTakeFirst();
  const counted = await db
    .selectFrom('letters')
    .select([
      sql<string>`count(*) filter (where sent_at is null and dropped_at is null)`.as('waiting'),
      sql<string>`count(*) filter (where sent_at is not null)`.as('sent'),
      sql<string>`count(*) filter (where dropped_at is not null)`.as('dropped'),
    ])
    .executeTakeFirstOrThrow();
  return {
    enabled: outlet?.enabled ?? false,
    server: outlet?.server ?? null,
    from: outlet?.sender ?? null,
    sentAt: outlet?.sent_at?.toISOString() ?? null,
    failingSince: outlet?.failing_since?.toISOString() ?? null,
    failure: outlet?.failure ?? null,
    waiting: Number(counted.waiting),
    sent: Number(counted.sent),
    dropped: Number(counted.dropped),
  };
}
