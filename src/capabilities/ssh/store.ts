import { sql } from 'kysely';
import type { TenantDb } from '../../db/transaction.ts';

/** Of the API: what people ask for. The agent's half is store/agent.ts, the gateway's store/sessions.ts. */
export const liveEntries = (db: TenantDb, projectId: string) =>
  db
    .selectFrom('ssh_entries')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('closed_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute();

export const insertEntry = (
  db: TenantDb,
  entry: {
    readonly id: string;
    readonly organization_id: string;
    readonly project_id: string;
    readonly sources: string[];
    readonly until: Date;
    readonly opened_by: string;
    readonly reason: string | null;
  },
) => db.insertInto('ssh_entries').values(entry).execute();

export const requestEnd = (db: TenantDb, id: string) =>
  db
    .updateTable('ssh_entries')
    .set({ end_requested_at: sql<Date>`now()`, end_reason: 'closed' })
    .where('id', '=', id)
    .where('end_requested_at', 'is', null)
    .execute();

export const insertCertificate = (
  db: TenantDb,
  wish: {
    readonly id: string;
    readonly organization_id: string;
    readonly project_id: string;
    readonly app_id: string;
    readonly account_id: string;
    readonly account: string;
    readonly role: string;
    readonly public_key: string;
    readonly seconds: number;
    readonly until: Date;
    readonly source_address: string | null;
  },
) => db.insertInto('ssh_certificates').values(wish).execute();

/** Certificates of the last day, newest first. */
export const certificatesOf = (db: TenantDb, projectId: string) =>
  db
    .selectFrom('ssh_certificates as c')
    .innerJoin('apps as a', 'a.id', 'c.app_id')
    .select(['c.id', 'c.serial', 'c.account', 'a.name as app', 'c.created_at', 'c.until', 'c.revoked_at'])
    .where('c.project_id', '=', projectId)
    .where(sql<boolean>`c.created_at > now() - interval '1 day'`)
    .orderBy('c.created_at', 'desc')
    .limit(100)
    .execute();

/** Ids of those that this revoked: one, or all of the project that may still open something. */
export const revokeCertificates = async (
  db: TenantDb,
  projectId: string,
  id: string | undefined,
  by: string,
): Promise<readonly string[]> =>
  (
    await db
      .updateTable('ssh_certificates')
      .set({ revoked_at: sql<Date>`now()`, revoked_by: by })
      .where('project_id', '=', projectId)
      .where('revoked_at', 'is', null)
      .$if(id !== undefined, (query) => query.where('id', '=', id as string))
      .where(sql<boolean>`created_at > now() - interval '1 day'`)
      .returning('id')
      .execute()
  ).map((row) => row.id);

export const keysOf = (db: TenantDb, projectId: string, now: Date) =>
  db
    .selectFrom('ssh_keys')
    .select(['id', 'name', 'created_by', 'created_at', 'expires_at', 'last_used_at'])
    .where('project_id', '=', projectId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .execute();

export const hasKey = async (db: TenantDb, projectId: string, hash: Uint8Array): Promise<boolean> =>
  (await db
    .selectFrom('ssh_keys')
    .select('id')
    .where('project_id', '=', projectId)
    .where('hash', '=', hash)
    .executeTakeFirst()) !== undefined;

export const insertKey = (
  db: TenantDb,
  key: {
    readonly id: string;
    readonly organization_id: string;
    readonly project_id: string;
    readonly name: string;
    readonly public_key: string;
    readonly hash: Uint8Array;
    readonly created_by: string;
    readonly expires_at: Date;
  },
) => db.insertInto('ssh_keys').values(key).execute();

export const revokeKey = async (db: TenantDb, projectId: string, id: string): Promise<boolean> =>
  (
    await db
      .updateTable('ssh_keys')
      .set({ revoked_at: sql<Date>`now()` })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
  ).numUpdatedRows > 0n;

/** Sessions that have not ended, as far as is known. */
export const openSessions = (db: TenantDb, projectId: string, now: Date) =>
  db
    .selectFrom('ssh_sessions as s')
    .innerJoin('apps as a', 'a.id', 's.app_id')
    .select(['s.id', 's.actor', 'a.name as app', 's.command', 's.source_address', 's.created_at'])
    .where('s.project_id', '=', projectId)
    .where('s.ended_at', 'is', null)
    .where('s.expires_at', '>', now)
    .orderBy('s.created_at', 'desc')
    .limit(100)
    .execute();

export const endSession = (db: TenantDb, id: string, now: Date) =>
  db
    .updateTable('ssh_sessions')
    .set({ ended_at: now })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
