import type { Kysely } from 'kysely';
import type { ProjectKey } from '../../adapters/envelope/port.ts';
import type { Database } from '../../db/schema.ts';
import type { KeyFacts } from './model.ts';

export async function keyFacts(db: Kysely<Database>, projectId: string): Promise<KeyFacts> {
  const row = await db
    .selectFrom('projects as p')
    .leftJoin('project_keys as k', 'k.project_id', 'p.id')
    .select(['p.key_recipient', 'k.project_id'])
    .where('p.id', '=', projectId)
    .executeTakeFirst();
  return {
    projectExists: row !== undefined,
    keyExists: row?.project_id != null,
    recipientSet: row?.key_recipient != null,
  };
}

/** Both halves in one transaction. Where there is a key already nothing changes. */
export async function saveProjectKey(
  db: Kysely<Database>,
  projectId: string,
  key: ProjectKey,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const saved = await tx
      .insertInto('project_keys')
      .values({ project_id: projectId, wrapped: key.wrapped, root_key_id: key.rootKeyId })
      .onConflict((c) => c.doNothing())
      .returning('project_id')
      .executeTakeFirst();
    if (saved)
      await tx
        .updateTable('projects')
        .set({ key_recipient: key.recipient })
        .where('id', '=', projectId)
        .execute();
  });
}

/** The project's wrapped private key, for the keychain; undefined until it is made. */
export async function projectKey(
  db: Kysely<Database>,
  projectId: string,
): Promise<{ id: string; key: { wrapped: Uint8Array; rootKeyId: string } } | undefined> {
  const row = await db
    .selectFrom('project_keys')
    .select(['wrapped', 'root_key_id'])
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  return row && { id: projectId, key: { wrapped: row.wrapped, rootKeyId: row.root_key_id } };
}
