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
