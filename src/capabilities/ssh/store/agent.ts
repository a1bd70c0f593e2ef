import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';

type Db = Kysely<Database> | Transaction<Database>;
const NOW = sql<Date>`now()`;

export const findEntry = (db: Db, id: string) =>
  db.selectFrom('ssh_entries').selectAll().where('id', '=', id).executeTakeFirst();
export type EntryRow = NonNullable<Awaited<ReturnType<typeof findEntry>>>;

/** Entries that are not closed, whatever was asked of them. */
export const liveEntries = (db: Db) =>
  db
    .selectFrom('ssh_entries as e')
    .innerJoin('projects as p', 'p.id', 'e.project_id')
    .selectAll('e')
    .select('p.suspended_at')
    .where('e.closed_at', 'is', null)
    .execute();

export const requestEnd = (db: Db, id: string, because: 'ended' | 'failed') =>
  db
    .updateTable('ssh_entries')
    .set({ end_requested_at: NOW, end_reason: because })
    .where('id', '=', id)
    .where('end_requested_at', 'is', null)
    .execute();

/** After the gateway took over what is open: these are, and every other one that has ended is closed. */
export async function markApplied(db: Db, open: readonly string[]): Promise<void> {
  if (open.length > 0)
    await db
      .updateTable('ssh_entries')
      .set({ opened_at: NOW })
      .where('id', 'in', open)
      .where('opened_at', 'is', null)
      .execute();
  await db
    .updateTable('ssh_entries')
    .set({ closed_at: NOW })
    .where('closed_at', 'is', null)
    .where('end_requested_at', 'is not', null)
    .$if(open.length > 0, (query) => query.where('id', 'not in', open))
    .execute();
}

export const appsOf = (db: Db, projects: readonly string[]) =>
  db
    .selectFrom('apps')
    .select(['name', 'project_id'])
    .where('project_id', 'in', projects)
    .where('deleted_at', 'is', null)
    .orderBy('name')
    .execute();

export const keysOf = (db: Db, projects: readonly string[], now: Date) =>
  db
    .selectFrom('ssh_keys')
    .select(['project_id', 'public_key', 'expires_at'])
    .where('project_id', 'in', projects)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();

/** Serials that were revoked and might still be good by their time. */
export const revokedSerials = async (db: Db): Promise<readonly number[]> =>
  (
    await db
      .selectFrom('ssh_certificates')
      .select('serial')
      .where('revoked_at', 'is not', null)
      .where(sql<boolean>`until > now() - interval '1 hour'`)
      .orderBy('serial')
      .execute()
  ).map(({ serial }) => Number(serial));

export const findCertificate = (db: Db, id: string) =>
  db.selectFrom('ssh_certificates').selectAll().where('id', '=', id).executeTakeFirst();

export const keepCertificate = (
  db: Db,
  id: string,
  made: { readonly certificate: string; readonly hash: Uint8Array; readonly knownHosts: string },
) =>
  db
    .updateTable('ssh_certificates')
    .set({ certificate: made.certificate, hash: made.hash, known_hosts: made.knownHosts })
    .where('id', '=', id)
    .execute();

/** The one token that the running gateway proves itself by. */
export const setGateway = (db: Kysely<Database>, hash: Uint8Array) =>
  db.transaction().execute(async (tx) => {
    await tx.deleteFrom('ssh_gateways').execute();
    await tx.insertInto('ssh_gateways').values({ hash }).execute();
  });

export const rotatedBy = async (db: Db, operationId: string): Promise<boolean> =>
  (await db
    .selectFrom('ssh_authorities')
    .select('id')
    .where('operation_id', '=', operationId)
    .executeTakeFirst()) !== undefined;

export const markRotated = (db: Db, id: string, operationId: string) =>
  db
    .insertInto('ssh_authorities')
    .values({ id, operation_id: operationId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
