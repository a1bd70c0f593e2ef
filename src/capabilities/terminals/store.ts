import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Operation } from '../../engine/operation.ts';
import { KEEP_DAYS } from './model.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const beginRecording = (db: Db, operation: Operation, target: string) =>
  db
    .insertInto('terminal_recordings')
    .values({
      id: operation.id,
      organization_id: operation.organizationId!,
      project_id: operation.projectId!,
      kind: operation.kind,
      target,
      actor: operation.requestedBy,
      expires_at: sql<Date>`now() + make_interval(days => ${KEEP_DAYS})`,
    })
    .execute();

export const endRecording = (
  db: Db,
  id: string,
  ended: { because: string | null; bytes: number | null; sha256: string | null },
) =>
  db
    .updateTable('terminal_recordings')
    .set({ ...ended, ended_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute();

/** Recordings whose session ended without a word: the agent was killed. */
export const closeInterrupted = (db: Db) =>
  db
    .updateTable('terminal_recordings')
    .set({ ended_at: sql<Date>`now()`, because: 'session_interrupted' })
    .where('ended_at', 'is', null)
    .where('id', 'in', (eb) =>
      eb.selectFrom('operations').select('id').where('status', 'not in', ['queued', 'running']),
    )
    .execute();

export const dropExpired = (db: Db) =>
  db.deleteFrom('terminal_recordings').where('expires_at', '<', sql<Date>`now()`).execute();

export const knownRecordings = async (db: Db): Promise<ReadonlySet<string>> => {
  const rows = await db.selectFrom('terminal_recordings').select('id').execute();
  return new Set(rows.map(({ id }) => id));
};

export const recordingsOf = (db: Db, organizationId: string, limit: number) =>
  db
    .selectFrom('terminal_recordings')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute();
export type RecordingRow = Awaited<ReturnType<typeof recordingsOf>>[number];

export const findRecording = (db: Db, organizationId: string | null, id: string) =>
  db
    .selectFrom('terminal_recordings')
    .selectAll()
    .where('id', '=', id)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
