import { sql } from 'kysely';
import { newId } from '../../../kernel/id.ts';
import type { Db } from './repositories.ts';

export interface NewVerification {
  readonly repositoryId: string;
  readonly organizationId: string | null;
  readonly projectId: string | null;
  readonly backupId: string | null;
  readonly operationId: string | null;
  readonly kind: 'structure' | 'data' | 'restore';
  readonly startedAt: Date;
  readonly verdict: 'sound' | 'broken' | 'inconclusive';
  readonly message: string | null;
  readonly detail: Record<string, unknown>;
}

export const addVerification = (db: Db, v: NewVerification) =>
  db
    .insertInto('verifications')
    .values({
      id: newId(),
      repository_id: v.repositoryId,
      organization_id: v.organizationId,
      project_id: v.projectId,
      backup_id: v.backupId,
      operation_id: v.operationId,
      kind: v.kind,
      started_at: v.startedAt,
      finished_at: sql<Date>`now()`,
      verdict: v.verdict,
      message: v.message?.slice(0, 2000) ?? null,
      detail: JSON.stringify(v.detail),
    })
    .execute();

/** The structure was looked at; with data, the next part is another one. */
export const noteCheck = (db: Db, repositoryId: string, data: boolean) =>
  db
    .updateTable('repositories')
    .set({
      structure_checked_at: sql<Date>`now()`,
      ...(data ? { data_checked_at: sql<Date>`now()`, data_part: sql<number>`data_part % 7 + 1` } : {}),
    })
    .where('id', '=', repositoryId)
    .execute();

export const noteSize = (db: Db, repositoryId: string, bytes: number) =>
  db.updateTable('repositories').set({ bytes }).where('id', '=', repositoryId).execute();

/** Those of the ids that are operations. */
export async function operationsOf(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const uuids = [...new Set(ids)].filter((id) => /^[0-9a-f-]{36}$/.test(id));
  if (uuids.length === 0) return new Set();
  const rows = await db.selectFrom('operations').select('id').where('id', 'in', uuids).execute();
  return new Set(rows.map((row) => row.id));
}

/** Whether a restore of it was tried since. */
export async function triedLately(db: Db, backupId: string, since: Date): Promise<boolean> {
  const row = await db
    .selectFrom('verifications')
    .select('id')
    .where('backup_id', '=', backupId)
    .where('kind', '=', 'restore')
    .where('finished_at', '>', since)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether some vault has no backup of the platform since `before`, and none was tried since `tried`. */
export async function platformDue(db: Db, before: Date, tried: Date): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    select exists (select from vaults v where v.retired_at is null and not exists (
        select from backups b join repositories r on r.id = b.repository_id
        where r.vault_id = v.id and b.kind = 'platform' and b.started_at > ${before}
          and not exists (select from backups n where n.kind in ('dump', 'base', 'volume', 'project')
            and n.started_at > b.started_at)))
      and not exists (select from operations o where o.kind = 'backups.run' and o.project_id is null
        and o.requested_at > ${tried}) as due`.execute(db);
  return rows[0]?.due ?? false;
}
