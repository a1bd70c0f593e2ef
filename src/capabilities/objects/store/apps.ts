import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { sealingRecipient } from '../../../db/sealing.ts';
import { submit } from '../../../engine/submit.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { appTarget } from '../../apps/model.ts';
import type { StoreRow } from './stores.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findAttachment = (db: Db, id: string) =>
  db
    .selectFrom('object_attachments as t')
    .innerJoin('apps as a', 'a.id', 't.app_id')
    .leftJoin('operations as o', 'o.id', 't.release_operation')
    .selectAll('t')
    .select(['a.name as app', 'a.project_id', 'o.status as releaseStatus'])
    .where('t.id', '=', id)
    .executeTakeFirst();
export type AttachmentRow = NonNullable<Awaited<ReturnType<typeof findAttachment>>>;

export interface ConfigVar {
  readonly name: string;
  readonly sealed: string;
  readonly secret: boolean;
}

/**
 * The config vars of an attachment, and that they have the credential in use; nothing of it runs yet. They are sealed
 * in the transaction that stores them, to the recipient that it was told.
 */
export async function giveConfig(
  db: Kysely<Database>,
  attachment: AttachmentRow,
  store: StoreRow,
  sealed: (recipient: string | null) => Promise<Outcome<readonly ConfigVar[]>>,
): Promise<Outcome<void>> {
  return db.transaction().execute(async (tx) => {
    const set = await sealed(await sealingRecipient(tx, store.project_id));
    if (isRefusal(set)) return set;
    for (const one of set)
      await tx
        .insertInto('config_vars')
        .values({ app_id: attachment.app_id, organization_id: attachment.organization_id, ...one })
        .onConflict((conflict) =>
          conflict
            .columns(['app_id', 'name'])
            .doUpdateSet({ sealed: one.sealed, secret: one.secret, updated_at: sql`now()` }),
        )
        .execute();
    await tx
      .updateTable('object_attachments')
      .set({
        credential: store.credential,
        release_operation: null,
        variables: JSON.stringify(set.map(({ name }) => name)),
      })
      .where('id', '=', attachment.id)
      .execute();
    return undefined;
  });
}

/** Takes away what was given, by the names that were noted then. */
export async function takeConfig(db: Kysely<Database>, attachment: AttachmentRow): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (attachment.variables.length > 0)
      await tx
        .deleteFrom('config_vars')
        .where('app_id', '=', attachment.app_id)
        .where('name', 'in', attachment.variables)
        .execute();
    await tx
      .updateTable('object_attachments')
      .set({ credential: 0, release_operation: null, variables: '[]' })
      .where('id', '=', attachment.id)
      .execute();
  });
}

export async function forgetAttachment(db: Db, id: string): Promise<void> {
  await db.deleteFrom('object_attachments').where('id', '=', id).execute();
}

/** A release of what is live, with the config vars of now; remembered with the attachment in the same breath. */
export async function releaseApp(
  db: Kysely<Database>,
  attachment: AttachmentRow,
  description: string,
  actor: string,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { operationId } = await submit(tx, {
      kind: 'apps.release',
      target: appTarget(attachment.app_id),
      organizationId: attachment.organization_id,
      projectId: attachment.project_id,
      appId: attachment.app_id,
      input: { from: 'live', description },
      actor,
      reason: description,
    });
    await tx
      .updateTable('object_attachments')
      .set({ release_operation: operationId })
      .where('id', '=', attachment.id)
      .execute();
  });
}
