import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { Refusal } from '../../../kernel/refusal.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const phaseDone = (db: Db, releaseId: string) =>
  db.updateTable('releases').set({ phase_done_at: sql`now()` }).where('id', '=', releaseId).execute();

export const offer = (db: Db, releaseId: string) =>
  db
    .updateTable('releases')
    .set({ traffic: 'candidate' })
    .where('id', '=', releaseId)
    .where('traffic', '=', 'none')
    .execute();

/** All new traffic goes to this release, and what served before drains: one transaction, nothing in between. */
export async function promote(db: Kysely<Database>, releaseId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const release = await tx
      .selectFrom('releases')
      .select(['app_id', 'version'])
      .where('id', '=', releaseId)
      .executeTakeFirstOrThrow();
    await tx
      .updateTable('releases')
      .set({ traffic: 'draining', status: 'superseded' })
      .where('app_id', '=', release.app_id)
      .where('traffic', '=', 'live')
      .where('id', '!=', releaseId)
      .execute();
    await tx
      .updateTable('releases')
      .set({ traffic: 'live', status: 'live', live_at: sql`now()` })
      .where('id', '=', releaseId)
      .execute();
  });
}

export const retire = (db: Db, releaseId: string) =>
  db
    .updateTable('releases')
    .set({ traffic: 'none', status: 'superseded' })
    .where('id', '=', releaseId)
    .where('traffic', '=', 'draining')
    .execute();

/** Adds what processes of the release wrote last. */
export const keepLines = (db: Db, releaseId: string, lines: Readonly<Record<string, readonly string[]>>) =>
  db
    .updateTable('releases')
    .set({
      last_lines: sql<string>`coalesce(last_lines, '{}'::jsonb) || ${JSON.stringify(lines)}::jsonb`,
    })
    .where('id', '=', releaseId)
    .execute();

export const abandon = (db: Db, releaseId: string, failure: Refusal | Record<string, unknown>) =>
  db
    .updateTable('releases')
    .set({ traffic: 'none', status: 'failed', failure: JSON.stringify(failure) })
    .where('id', '=', releaseId)
    .where('status', '=', 'pending')
    .execute();

/** Lets the edge look at once, rather than at its next turn. */
export const tellEdge = async (db: Kysely<Database>): Promise<void> =>
  void (await sql`select pg_notify('bastide_routes', '')`.execute(db));
