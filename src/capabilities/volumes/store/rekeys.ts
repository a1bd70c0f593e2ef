import type { Kysely } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { sealingRecipient } from '../../../db/sealing.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { projectNotReady } from '../errors.ts';

type Db = Kysely<Database>;

export const findRekey = (db: Db, projectId: string) =>
  db.selectFrom('storage_rekeys').selectAll().where('project_id', '=', projectId).executeTakeFirst();
export type RekeyRow = NonNullable<Awaited<ReturnType<typeof findRekey>>>;

/** Keeps the next key, once, in the transaction that asked whom to seal it to. */
export async function beginRekey(
  db: Db,
  of: { projectId: string; organizationId: string },
  seal: (recipient: string) => Promise<Outcome<string>>,
): Promise<Outcome<void>> {
  return db.transaction().execute(async (tx) => {
    const recipient = await sealingRecipient(tx, of.projectId);
    if (!recipient) return projectNotReady();
    const sealed = await seal(recipient);
    if (isRefusal(sealed)) return sealed;
    await tx
      .insertInto('storage_rekeys')
      .values({ project_id: of.projectId, organization_id: of.organizationId, sealed })
      .onConflict((c) => c.doNothing())
      .execute();
    return undefined;
  });
}

/** Everything is in the new image. */
export async function rekeyCopied(db: Db, projectId: string, keyId: string): Promise<void> {
  await db.updateTable('storage_rekeys').set({ key_id: keyId }).where('project_id', '=', projectId).execute();
}

/** The image opened with the next key: that is the key now, and the one before is forgotten. */
export async function endRekey(db: Db, projectId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A rotation that is sealing anew is done with both rows, or begins after this.
    await sealingRecipient(tx, projectId);
    const row = await tx
      .deleteFrom('storage_rekeys')
      .where('project_id', '=', projectId)
      .returning(['sealed', 'key_id'])
      .executeTakeFirst();
    if (row)
      await tx
        .updateTable('project_storage')
        .set({ sealed_key: row.sealed, key_id: row.key_id })
        .where('project_id', '=', projectId)
        .execute();
  });
}

export async function forgetRekey(db: Db, projectId: string): Promise<void> {
  await db.deleteFrom('storage_rekeys').where('project_id', '=', projectId).execute();
}
