import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { TenantDb } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { type Export, type ExportManifest, KEEP_HOURS } from './model.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findExport = (db: Db, id: string) =>
  db
    .selectFrom('exports as e')
    .innerJoin('projects as p', 'p.id', 'e.project_id')
    .selectAll('e')
    .select('p.name as project')
    .where('e.id', '=', id)
    .executeTakeFirst();

/** Everything of a project that is in rows, by the names that people gave. */
export async function describe(db: Db, projectId: string): Promise<unknown> {
  const { rows } = await sql<{ said: unknown }>`
    select json_build_object(
      'project', (select json_build_object('name', p.name, 'createdAt', p.created_at, 'requestLimit', p.request_limit)
        from projects p where p.id = ${projectId}),
      'apps', (select coalesce(json_agg(json_build_object(
        'name', a.name, 'formation', a.formation, 'maintenance', a.maintenance, 'healthPath', a.health_path,
        'bodyLimit', a.body_limit, 'createdAt', a.created_at,
        'domains', (select coalesce(json_agg(d.host order by d.host), '[]') from domains d where d.app_id = a.id),
        'config', (select coalesce(json_agg(json_build_object('name', c.name, 'secret', c.secret) order by c.name), '[]')
          from config_vars c where c.app_id = a.id),
        'releases', (select coalesce(json_agg(json_build_object('version', r.version, 'digest', r.digest, 'processes', r.processes,
          'releaseCommand', r.phase, 'cron', r.cron, 'healthPath', r.health_path, 'healthSeconds', r.health_seconds, 'description', r.description,
          'createdBy', r.created_by, 'createdAt', r.created_at, 'liveAt', r.live_at, 'status', r.status) order by r.version), '[]')
          from releases r where r.app_id = a.id),
        'volumes', (select coalesce(json_agg(json_build_object('volume', v.name, 'path', m.path) order by m.path), '[]')
          from volume_mounts m join volumes v on v.id = m.volume_id where m.app_id = a.id),
        'databases', (select coalesce(json_agg(json_build_object('database', d.name, 'main', t.main) order by d.name), '[]')
          from database_attachments t join databases d on d.id = t.database_id where t.app_id = a.id),
        'objectStores', (select coalesce(json_agg(json_build_object('objectStore', s.name, 'main', t.main) order by s.name), '[]')
          from object_attachments t join object_stores s on s.id = t.store_id where t.app_id = a.id)
        ) order by a.name), '[]') from apps a where a.project_id = ${projectId} and a.deleted_at is null),
      'databases', (select coalesce(json_agg(json_build_object('name', d.name, 'engine', d.engine, 'version', d.version,
        'plan', d.plan, 'extensions', d.extensions, 'createdAt', d.created_at) order by d.name), '[]')
        from databases d where d.project_id = ${projectId} and d.status <> 'destroyed'),
      'volumes', (select coalesce(json_agg(json_build_object('name', v.name, 'createdAt', v.created_at) order by v.name), '[]')
        from volumes v where v.project_id = ${projectId} and v.deleted_at is null),
      'objectStores', (select coalesce(json_agg(json_build_object('name', s.name, 'endpoint', s.endpoint, 'region', s.region,
        'bucket', s.bucket, 'createdAt', s.created_at) order by s.name), '[]')
        from object_stores s where s.project_id = ${projectId})
    ) as said`.execute(db);
  return rows[0]!.said;
}

/** Images that serve: one for each app with a live release. */
export const liveImages = (db: Db, projectId: string) =>
  db
    .selectFrom('releases as r')
    .innerJoin('apps as a', 'a.id', 'r.app_id')
    .select(['a.name', 'r.repository', 'r.digest'])
    .where('a.project_id', '=', projectId)
    .where('a.deleted_at', 'is', null)
    .where('r.traffic', '=', 'live')
    .orderBy('a.name')
    .execute();

export const readyDatabases = (db: Db, projectId: string) =>
  db
    .selectFrom('databases')
    .select(['id', 'name', 'engine'])
    .where('project_id', '=', projectId)
    .where('status', '=', 'ready')
    .orderBy('name')
    .execute();

export const volumesOf = (db: Db, projectId: string) =>
  db
    .selectFrom('volumes')
    .select(['id', 'name'])
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .orderBy('name')
    .execute();

export const configOf = (db: Db, projectId: string) =>
  db
    .selectFrom('config_vars as c')
    .innerJoin('apps as a', 'a.id', 'c.app_id')
    .select(['a.id as appId', 'a.name as app', 'c.name', 'c.sealed'])
    .where('a.project_id', '=', projectId)
    .where('a.deleted_at', 'is', null)
    .orderBy('a.name')
    .orderBy('c.name')
    .execute();

/** Operations of the project with their steps, oldest first. */
export async function operationsOf(db: Db, projectId: string): Promise<unknown[]> {
  const { rows } = await sql<{ said: unknown }>`
    select json_build_object('id', o.id, 'kind', o.kind, 'status', o.status, 'requestedBy', o.requested_by,
      'requestedAt', o.requested_at, 'finishedAt', o.finished_at, 'failure', o.failure,
      'steps', (select coalesce(json_agg(json_build_object('summary', s.summary, 'status', s.status, 'startedAt', s.started_at,
        'finishedAt', s.finished_at) order by s.seq), '[]') from operation_steps s where s.operation_id = o.id)) as said
    from operations o where o.project_id = ${projectId} order by o.requested_at, o.id limit 10000`.execute(
    db,
  );
  return rows.map(({ said }) => said);
}

export const ready = (
  db: Db,
  id: string,
  made: { bytes: number; sha256: string; manifest: ExportManifest },
) =>
  db
    .updateTable('exports')
    .set({
      status: 'ready',
      bytes: made.bytes,
      sha256: made.sha256,
      manifest: JSON.stringify(made.manifest),
      ready_at: sql`now()`,
      expires_at: sql`now() + make_interval(hours => ${KEEP_HOURS})`,
    })
    .where('id', '=', id)
    .execute();

export const failed = (db: Db, id: string) =>
  db
    .updateTable('exports')
    .set({ status: 'failed' })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .execute();

/** Takes those off the list that are too old; gives their ids, whose files go. */
export async function expire(db: Db, now: Date): Promise<string[]> {
  const rows = await db
    .updateTable('exports')
    .set({ status: 'gone' })
    .where('status', '=', 'ready')
    .where('expires_at', '<', now)
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

export async function ask(
  db: TenantDb,
  wish: { organizationId: string; projectId: string; requestedBy: string; recipient: string | null },
): Promise<string> {
  const id = newId();
  await db
    .insertInto('exports')
    .values({
      id,
      organization_id: wish.organizationId,
      project_id: wish.projectId,
      requested_by: wish.requestedBy,
      recipient: wish.recipient,
    })
    .execute();
  return id;
}

export async function exportsOf(db: TenantDb, projectId: string, id?: string): Promise<Export[]> {
  const rows = await db
    .selectFrom('exports')
    .selectAll()
    .where('project_id', '=', projectId)
    .$if(id !== undefined, (query) => query.where('id', '=', id!))
    .orderBy('created_at', 'desc')
    .limit(50)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    status: row.status,
    values: row.recipient !== null,
    requestedBy: row.requested_by,
    createdAt: row.created_at.toISOString(),
    bytes: row.bytes === null ? null : Number(row.bytes),
    sha256: row.sha256,
    expiresAt: row.expires_at?.toISOString() ?? null,
  }));
}
