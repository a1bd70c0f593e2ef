import type { Kysely } from 'kysely';
import type { ProjectKey, ProjectKeys } from '../../adapters/envelope/port.ts';
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
  operationId: string | null = null,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const saved = await tx
      .insertInto('project_keys')
      .values({
        project_id: projectId,
        recipient: key.recipient,
        key_id: key.keyId,
        wrapped: key.wrapped,
        root_key_id: key.rootKeyId,
        operation_id: operationId,
      })
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

/** All generations of the project's key, for the keychain; undefined until there is one. */
export async function projectKeys(db: Kysely<Database>, projectId: string): Promise<ProjectKeys | undefined> {
  const rows = await db
    .selectFrom('project_keys')
    .select(['recipient', 'key_id', 'wrapped', 'root_key_id'])
    .where('project_id', '=', projectId)
    .orderBy('generation', 'desc')
    .execute();
  if (rows.length === 0) return undefined;
  const keys = rows.map((row) => ({
    recipient: row.recipient,
    keyId: row.key_id,
    wrapped: row.wrapped,
    rootKeyId: row.root_key_id,
  }));
  return { id: projectId, keys };
}
