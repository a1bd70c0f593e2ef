import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';

/** Asks for a project to go to another organization; an earlier wish for it ends. */
export async function askMove(
  db: TenantDb,
  wanted: {
    readonly projectId: string;
    readonly organizationId: string;
    readonly project: string;
    readonly from: string;
    readonly to: string;
    readonly by: string;
    readonly now: Date;
    readonly expiresAt: Date;
  },
): Promise<string> {
  await cancelMoves(db, wanted.projectId, wanted.now);
  const id = newId();
  await db
    .insertInto('project_moves')
    .values({
      id,
      project_id: wanted.projectId,
      organization_id: wanted.organizationId,
      project_name: wanted.project,
      from_organization: wanted.from,
      to_organization: wanted.to,
      requested_by: wanted.by,
      expires_at: wanted.expiresAt,
    })
    .execute();
  return id;
}

/** Takes the wish back; false where there was none. */
export async function cancelMoves(db: TenantDb, projectId: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('project_moves')
    .set({ cancelled_at: now })
    .where('project_id', '=', projectId)
    .where('accepted_at', 'is', null)
    .where('cancelled_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Wishes that wait, from the organization and to it. */
export const listMoves = (db: TenantDb, now: Date) =>
  db
    .selectFrom('project_moves')
    .select([
      'id',
      'project_name as project',
      'from_organization as from',
      'to_organization as to',
      'requested_by',
      'expires_at',
    ])
    .where('accepted_at', 'is', null)
    .where('cancelled_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .execute();

/** Moves it, where both have said so and nothing is in the way. */
export async function move(
  db: TenantDb,
  id: string,
  receiving: string,
  by: string,
): Promise<'moved' | 'gone' | 'busy' | 'open'> {
  const { rows } = await sql<{ said: 'moved' | 'gone' | 'busy' | 'open' }>`
    select bastide_move_project(${id}, ${receiving}, ${by}) as said`.execute(db);
  // It counts where it arrives, and what is over takes the move back with it.
  if (rows[0]!.said === 'moved')
    await sql`select bastide_quotas_hold(${receiving}, 'projects', 'apps', 'processes', 'memory', 'databases', 'storage')`.execute(
      db,
    );
  return rows[0]!.said;
}
