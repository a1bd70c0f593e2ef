import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { submit } from '../../engine/submit.ts';
import { appTarget } from '../apps/model.ts';

export * from './store/people.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findDatabase = (db: Db, id: string) =>
  db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirst();
export type DatabaseRow = NonNullable<Awaited<ReturnType<typeof findDatabase>>>;

export const recipientOf = async (db: Db, projectId: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('projects')
    .select('key_recipient')
    .where('id', '=', projectId)
    .executeTakeFirst();
  return row?.key_recipient ?? undefined;
};

export const credentialsOf = (db: Db, databaseId: string) =>
  db
    .selectFrom('database_credentials')
    .selectAll()
    .where('database_id', '=', databaseId)
    .orderBy('generation')
    .execute();

export const findCredential = (db: Db, databaseId: string, generation: number) =>
  db
    .selectFrom('database_credentials')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('generation', '=', generation)
    .executeTakeFirst();

/** The first one to write it wins: a second run finds its password and uses it. */
export const keepCredential = (
  db: Db,
  row: { databaseId: string; organizationId: string; generation: number; username: string; sealed: string },
) =>
  db
    .insertInto('database_credentials')
    .values({
      database_id: row.databaseId,
      organization_id: row.organizationId,
      generation: row.generation,
      username: row.username,
      sealed: row.sealed,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();

/** New connections use this generation; earlier ones are on their way out. */
export async function useCredential(
  db: Kysely<Database>,
  databaseId: string,
  generation: number,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('databases')
      .set({ credential: generation })
      .where('id', '=', databaseId)
      .where('credential', '<', generation)
      .execute();
    await tx
      .updateTable('database_credentials')
      .set({ status: 'retiring' })
      .where('database_id', '=', databaseId)
      .where('generation', '<', generation)
      .where('status', '=', 'active')
      .execute();
  });
}

export const dropCredential = (db: Db, databaseId: string, generation: number) =>
  db
    .updateTable('database_credentials')
    .set({ status: 'dropped' })
    .where('database_id', '=', databaseId)
    .where('generation', '=', generation)
    .execute();

export const attachmentsOf = (db: Db, databaseId: string) =>
  db
    .selectFrom('database_attachments as t')
    .innerJoin('apps as a', 'a.id', 't.app_id')
    .leftJoin('operations as o', 'o.id', 't.release_operation')
    .select([
      't.id',
      't.app_id as appId',
      't.main',
      't.detaching',
      't.credential',
      'a.name as app',
      'o.id as releaseId',
      'o.status as releaseStatus',
      sql<boolean>`exists (select from releases r where r.app_id = a.id and r.traffic = 'live')`.as('live'),
    ])
    .where('t.database_id', '=', databaseId)
    .where('a.deleted_at', 'is', null)
    .orderBy('t.created_at')
    .execute();

export const findAttachment = (db: Db, id: string) =>
  db
    .selectFrom('database_attachments as t')
    .innerJoin('apps as a', 'a.id', 't.app_id')
    .select([
      't.id',
      't.organization_id',
      't.database_id',
      't.app_id',
      't.main',
      't.detaching',
      't.credential',
      't.release_operation',
      'a.name as app',
      'a.project_id',
    ])
    .where('t.id', '=', id)
    .executeTakeFirst();

/** Config vars that other attachments of the app hold. */
export const otherAttachments = (db: Db, appId: string, id: string) =>
  db
    .selectFrom('database_attachments as t')
    .innerJoin('databases as d', 'd.id', 't.database_id')
    .select(['t.id', 't.main', 't.credential', 'd.engine', 'd.name'])
    .where('t.app_id', '=', appId)
    .where('t.id', '<>', id)
    .execute();

/** The config vars of an attachment, and that they are of this generation; nothing of it runs yet. */
export async function giveConfig(
  db: Kysely<Database>,
  attachment: { id: string; appId: string; organizationId: string; generation: number },
  set: Readonly<Record<string, string>>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const [name, sealed] of Object.entries(set))
      await tx
        .insertInto('config_vars')
        .values({
          app_id: attachment.appId,
          organization_id: attachment.organizationId,
          name,
          sealed,
          secret: true,
        })
        .onConflict((conflict) =>
          conflict.columns(['app_id', 'name']).doUpdateSet({ sealed, secret: true, updated_at: sql`now()` }),
        )
        .execute();
    await tx
      .updateTable('database_attachments')
      .set({
        credential: attachment.generation,
        release_operation: null,
        variables: JSON.stringify(Object.keys(set)),
      })
      .where('id', '=', attachment.id)
      .execute();
  });
}

export async function takeConfig(
  db: Kysely<Database>,
  attachment: { id: string; appId: string },
  names: readonly string[],
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('config_vars')
      .where('app_id', '=', attachment.appId)
      .where('name', 'in', names)
      .execute();
    await tx
      .updateTable('database_attachments')
      .set({ credential: 0, release_operation: null, variables: '[]' })
      .where('id', '=', attachment.id)
      .execute();
  });
}

/** This attachment is the app's main one; the others of `engines` are no more. */
export async function makeMain(
  db: Kysely<Database>,
  attachment: { id: string; appId: string },
  others: readonly string[],
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (others.length > 0)
      await tx.updateTable('database_attachments').set({ main: false }).where('id', 'in', others).execute();
    await tx
      .updateTable('database_attachments')
      .set({ main: true, credential: 0, release_operation: null })
      .where('id', '=', attachment.id)
      .execute();
  });
}

export const forgetAttachment = (db: Db, id: string) =>
  db.deleteFrom('database_attachments').where('id', '=', id).execute();

/** A release of what is live, with the config vars of now; remembered with the attachment in the same breath. */
export async function releaseApp(
  db: Kysely<Database>,
  what: {
    attachmentId: string;
    appId: string;
    organizationId: string;
    projectId: string;
    description: string;
    actor: string;
  },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { operationId } = await submit(tx, {
      kind: 'apps.release',
      target: appTarget(what.appId),
      organizationId: what.organizationId,
      projectId: what.projectId,
      appId: what.appId,
      input: { from: 'live', description: what.description },
      actor: what.actor,
      reason: what.description,
    });
    await tx
      .updateTable('database_attachments')
      .set({ release_operation: operationId })
      .where('id', '=', what.attachmentId)
      .execute();
  });
}

export const operationStatus = async (db: Db, id: string): Promise<string | undefined> => {
  const row = await db.selectFrom('operations').select('status').where('id', '=', id).executeTakeFirst();
  return row?.status;
};

export const setStatus = (db: Db, databaseId: string, status: DatabaseRow['status']) =>
  db
    .updateTable('databases')
    .set({ status, ...(status === 'destroyed' ? { destroyed_at: sql<Date>`now()` } : {}) })
    .where('id', '=', databaseId)
    .execute();

export const setNode = (db: Db, databaseId: string, node: string) =>
  db.updateTable('databases').set({ node }).where('id', '=', databaseId).execute();

export const setExtensions = (db: Db, databaseId: string, extensions: readonly string[]) =>
  db
    .updateTable('databases')
    .set({ extensions: JSON.stringify(extensions) })
    .where('id', '=', databaseId)
    .execute();

export const switchTo = (
  db: Db,
  databaseId: string,
  to: { incarnation: number; version: string },
  previous: { incarnation: number; version: string } | null,
) =>
  db
    .updateTable('databases')
    .set({ ...to, previous: previous && JSON.stringify(previous) })
    .where('id', '=', databaseId)
    .execute();

export const noteFacts = (db: Db, databaseId: string, facts: unknown) =>
  db
    .updateTable('databases')
    .set({ facts: JSON.stringify(facts), seen_at: sql<Date>`now()` })
    .where('id', '=', databaseId)
    .execute();

/** Those that should run: of projects that are not suspended. */
export const wantedDatabases = (db: Db) =>
  db
    .selectFrom('databases as d')
    .innerJoin('projects as p', 'p.id', 'd.project_id')
    .selectAll('d')
    .where('d.status', '=', 'ready')
    .where('p.suspended_at', 'is', null)
    .execute();

export const busy = async (db: Db, target: string): Promise<boolean> => {
  const row = await db
    .selectFrom('operations')
    .select('id')
    .where('target', '=', target)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return row !== undefined;
};

export const writeChunk = (db: Db, operationId: string, source: string, data: string) =>
  db
    .insertInto('stream_chunks')
    .values({ operation_id: operationId, direction: 'output', source, data: data.replaceAll('\u0000', '') })
    .execute();

/** What was typed after `seq`. */
export const typedSince = (db: Db, operationId: string, seq: number) =>
  db
    .selectFrom('stream_chunks')
    .select(['seq', 'source', 'data'])
    .where('operation_id', '=', operationId)
    .where('direction', '=', 'input')
    .where('seq', '>', seq)
    .orderBy('seq')
    .execute();

export const stepsDone = async (db: Db, operationId: string): Promise<ReadonlySet<string>> => {
  const rows = await db
    .selectFrom('operation_steps')
    .select('key')
    .where('operation_id', '=', operationId)
    .where('status', '=', 'done')
    .execute();
  return new Set(rows.map(({ key }) => key));
};
