import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { submit } from '../../../engine/submit.ts';
import { appTarget } from '../../apps/model.ts';

type Db = Kysely<Database> | Transaction<Database>;

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
