import { type Kysely, sql, type Transaction } from 'kysely';
import type { ProjectKey, ProjectKeys } from '../../../adapters/envelope/port.ts';
import type { Database } from '../../../db/schema.ts';
import type { Generation, KeyFacts } from '../model.ts';
import { sealedColumns } from '../sealed.ts';
import { sealedTo } from './sealed.ts';

type Db = Kysely<Database> | Transaction<Database>;

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

const time = (value: Date | null): number | null => value?.getTime() ?? null;

/** Generations of a project's key, newest first. */
export async function generations(db: Db, projectId: string): Promise<Generation[]> {
  const rows = await db
    .selectFrom('project_keys')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('generation', 'desc')
    .execute();
  return rows.map((row) => ({
    generation: row.generation,
    keyId: row.key_id,
    rootKeyId: row.root_key_id,
    createdAt: row.created_at.getTime(),
    supersededAt: time(row.superseded_at),
    compromised: row.compromised_at !== null,
    destroyed: row.destroyed_at !== null,
    operationId: row.operation_id,
  }));
}

/**
 * The new generation takes over: from this commit on everybody seals to it. Holds the project's row, so that a value
 * which is being sealed to the old one is stored first. False where another rotation was faster.
 */
export async function switchGeneration(
  db: Kysely<Database>,
  projectId: string,
  key: ProjectKey,
  operationId: string,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await tx.selectFrom('projects').select('id').where('id', '=', projectId).forUpdate().execute();
    const [newest] = await generations(tx, projectId);
    if (!newest || newest.destroyed || newest.operationId === operationId) return false;
    await tx
      .updateTable('projects')
      .set({ key_recipient: key.recipient })
      .where('id', '=', projectId)
      .execute();
    await tx
      .updateTable('project_keys')
      .set({ superseded_at: sql`clock_timestamp()` })
      .where('project_id', '=', projectId)
      .where('superseded_at', 'is', null)
      .execute();
    await tx
      .insertInto('project_keys')
      .values({
        project_id: projectId,
        generation: newest.generation + 1,
        recipient: key.recipient,
        key_id: key.keyId,
        wrapped: key.wrapped,
        root_key_id: key.rootKeyId,
        operation_id: operationId,
      })
      .execute();
    return true;
  });
}

export const markCompromised = (db: Db, projectId: string, generation: number, reason: string) =>
  db
    .updateTable('project_keys')
    .set({ compromised_at: sql`now()`, reason })
    .where('project_id', '=', projectId)
    .where('generation', '=', generation)
    .execute();

/**
 * The private half of an old generation goes, if nothing is sealed to it: both in one transaction that holds the
 * project's row, so that nobody seals in between. Answers whether it is gone.
 */
export async function destroyGeneration(
  db: Kysely<Database>,
  projectId: string,
  generation: number,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await tx.selectFrom('projects').select('id').where('id', '=', projectId).forUpdate().execute();
    const old = (await generations(tx, projectId)).find((one) => one.generation === generation);
    if (!old || old.destroyed) return true;
    if (old.supersededAt === null) return false;
    for (const column of sealedColumns) {
      const tags = await sealedTo(tx, column, projectId);
      if (tags.has(old.keyId) || tags.has('')) return false;
    }
    await tx
      .updateTable('project_keys')
      .set({ wrapped: null, destroyed_at: sql`now()` })
      .where('project_id', '=', projectId)
      .where('generation', '=', generation)
      .execute();
    return true;
  });
}

/** Every generation's private half goes, used or not: nothing of the project opens again. */
export async function destroyProjectKey(db: Kysely<Database>, projectId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.updateTable('projects').set({ key_recipient: null }).where('id', '=', projectId).execute();
    await tx
      .updateTable('project_keys')
      .set({ wrapped: null, destroyed_at: sql`now()` })
      .where('project_id', '=', projectId)
      .where('destroyed_at', 'is', null)
      .execute();
  });
}

/** Projects that have a key. */
export async function projectsWithKeys(db: Db): Promise<{ id: string; organizationId: string }[]> {
  const rows = await db
    .selectFrom('projects')
    .select(['id', 'organization_id'])
    .where('key_recipient', 'is not', null)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ id: row.id, organizationId: row.organization_id }));
}

/** Every generation that is not destroyed, of every project: what a recovery kit must open. */
export async function everyProjectKey(db: Db): Promise<{ projectId: string; key: ProjectKey }[]> {
  const rows = await db.selectFrom('project_keys').selectAll().where('wrapped', 'is not', null).execute();
  return rows.map((row) => ({
    projectId: row.project_id,
    key: { recipient: row.recipient, keyId: row.key_id, wrapped: row.wrapped, rootKeyId: row.root_key_id },
  }));
}

/** The vaults in use, with the platform's passwords there as they are kept: for a recovery kit. */
export const vaultsOf = (db: Db) =>
  db
    .selectFrom('vaults')
    .select(['id', 'name', 'url', 'place', 'ca', 'username', 'wrapped_password'])
    .where('retired_at', 'is', null)
    .orderBy('name')
    .execute();

/** Databases whose credentials are to be replaced when the key that sealed them leaked. */
export async function readyDatabases(
  db: Db,
  projectId: string,
): Promise<{ id: string; credential: number; organizationId: string }[]> {
  const rows = await db
    .selectFrom('databases')
    .select(['id', 'credential', 'organization_id'])
    .where('project_id', '=', projectId)
    .where('status', '=', 'ready')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    credential: row.credential,
    organizationId: row.organization_id,
  }));
}
