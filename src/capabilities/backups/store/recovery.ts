import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { type Request, submit } from '../../../engine/submit.ts';
import type { Db } from './repositories.ts';

/**
 * After the platform's own rows came back on a fresh machine: their databases have no files yet, so nothing may start
 * them until they were filled; each project gets the operation that does. What is filled is a new history: write-ahead
 * log of the old one does not lead on from it. Answers how many.
 */
export async function beginRecovery(db: Kysely<Database>): Promise<number> {
  return db.transaction().execute(async (tx) => {
    await sql`update databases set status = 'suspended', node = null, incarnation = incarnation + 1, previous = null
      where status = 'ready'`.execute(tx);
    await sql`update volumes set state = 'pending' where state = 'ready' and deleted_at is null`.execute(tx);
    await sql`delete from replicas`.execute(tx);
    await sql`update operations set status = 'failed', finished_at = now(),
      failure = '{"code":"platform_recovered","message":"The platform was lost while it was under way","next":"Ask for it again."}'
      where status in ('queued', 'running')`.execute(tx);
    const projects = await tx
      .selectFrom('projects')
      .select(['id', 'organization_id'])
      .where('key_recipient', 'is not', null)
      .where('suspended_at', 'is', null)
      .execute();
    for (const project of projects) await submit(tx, recovery(project.id, project.organization_id));
    return projects.length;
  });
}

export const RECOVER = 'backups.recover';

/** The operation that brings the data of a project back. */
export const recovery = (projectId: string, organizationId: string): Request => ({
  kind: RECOVER,
  target: `backups:${projectId}`,
  organizationId,
  projectId,
  input: { projectId },
  actor: 'system:recovery',
  reason: 'the platform came back from its vault',
});

/**
 * Projects with data that is still in the vault alone, and for which nobody tried since `tried`: they were suspended,
 * or the vault was away.
 */
export async function stillLost(
  db: Db,
  tried: Date,
): Promise<readonly { projectId: string; organizationId: string }[]> {
  const { rows } = await sql<{ id: string; organization_id: string }>`
    with lost as (
      select project_id, id from databases where status = 'suspended'
      union all select project_id, id from volumes where state = 'pending' and deleted_at is null
    )
    select p.id, p.organization_id from projects p
    where p.suspended_at is null
      and exists (select from lost l join backups b on b.source_id = l.id where l.project_id = p.id
        and b.kind in ('dump', 'volume') and b.verdict in ('unproven', 'sound'))
      and not exists (select from operations o where o.project_id = p.id and o.kind = ${RECOVER}
        and (o.status in ('queued', 'running') or o.requested_at > ${tried}))
    order by p.id`.execute(db);
  return rows.map((row) => ({ projectId: row.id, organizationId: row.organization_id }));
}

/** PostgreSQL databases of a project that wait for their files. */
export const lostDatabases = (db: Db, projectId: string) =>
  db
    .selectFrom('databases')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('engine', '=', 'postgres')
    .where('status', '=', 'suspended')
    .execute();

export interface ToRecover {
  readonly type: 'database' | 'volume';
  readonly id: string;
  readonly name: string;
  readonly incarnation: number;
  /** There is write-ahead log behind its physical copies, perhaps. */
  readonly replayed: boolean;
  /** The newest backup that may be restored; null: there is none. */
  readonly backupId: string | null;
}

/** What of a project has rows and no files. */
export async function toRecover(db: Db, projectId: string): Promise<ToRecover[]> {
  const { rows } = await sql<{
    type: 'database' | 'volume';
    id: string;
    name: string;
    incarnation: number;
    replayed: boolean;
    backup_id: string | null;
  }>`
    with s as (
      select 'database' as type, id, name, incarnation, engine = 'postgres' as replayed from databases
        where project_id = ${projectId} and status = 'suspended'
      union all select 'volume', id, name, 1, false from volumes
        where project_id = ${projectId} and state = 'pending' and deleted_at is null
    )
    select s.*, (select b.id from backups b join repositories r on r.id = b.repository_id and r.removed_at is null
      join vaults v on v.id = r.vault_id
      where b.source_id = s.id and b.kind in ('dump', 'volume') and b.verdict in ('unproven', 'sound')
      order by (v.status = 'unreachable'), b.taken_at desc limit 1) as backup_id
    from s order by type, name`.execute(db);
  return rows.map((row) => ({ ...row, backupId: row.backup_id }));
}
