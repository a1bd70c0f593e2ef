import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { sealingRecipient } from '../../../db/sealing.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { projectNotReady } from '../errors.ts';

type Db = Kysely<Database>;

export interface StorageRow {
  readonly projectId: string;
  readonly organizationId: string;
  readonly suspended: boolean;
  /** null: nothing was ever stored. */
  readonly sizeBytes: number | null;
  readonly sealedKey: string | null;
  readonly keyId: string | null;
  readonly state: 'none' | 'ready' | 'locked';
  /** Another key is on its way: nobody opens it but that operation. */
  readonly rekeying: boolean;
}

/** Whether the organization's storage is more than its operator lets it have: 0076_quotas.sql. */
export async function storageOver(db: Db, organizationId: string): Promise<boolean> {
  const { rows } = await sql<{ over: boolean }>`
    select bastide_quota_use(${organizationId}, 'storage') > bastide_quota_most(${organizationId}, 'storage') as over`.execute(
    db,
  );
  return rows[0]!.over;
}

const storages = (db: Db) =>
  db
    .selectFrom('projects as p')
    .leftJoin('project_storage as s', 's.project_id', 'p.id')
    .leftJoin('storage_rekeys as r', 'r.project_id', 'p.id')
    .select([
      'r.project_id as rekeying',
      'p.id',
      'p.organization_id',
      'p.suspended_at',
      's.size_bytes',
      's.sealed_key',
      's.key_id',
      's.state',
    ]);

type Row = Awaited<ReturnType<ReturnType<typeof storages>['executeTakeFirstOrThrow']>>;
const storage = (row: Row): StorageRow => ({
  projectId: row.id,
  organizationId: row.organization_id,
  suspended: row.suspended_at !== null,
  sizeBytes: row.size_bytes,
  sealedKey: row.sealed_key,
  keyId: row.key_id,
  state: row.state ?? 'none',
  rekeying: row.rekeying !== null,
});

export async function findStorage(db: Db, projectId: string): Promise<StorageRow | undefined> {
  const row = await storages(db).where('p.id', '=', projectId).executeTakeFirst();
  return row && storage(row);
}

/** Every project that has something stored. */
export async function allStorage(db: Db): Promise<readonly StorageRow[]> {
  const rows = await storages(db).where('s.sealed_key', 'is not', null).orderBy('p.id').execute();
  return rows.map(storage);
}

export async function ensureStorageRow(db: Db, projectId: string, organizationId: string): Promise<void> {
  await db
    .insertInto('project_storage')
    .values({ project_id: projectId, organization_id: organizationId })
    .onConflict((c) => c.doNothing())
    .execute();
}

/** Stores the sealed key once, in the transaction that asked whom to seal it to; a key that is there stays. */
export async function saveStorageKey(
  db: Db,
  projectId: string,
  seal: (recipient: string) => Promise<Outcome<string>>,
): Promise<Outcome<void>> {
  return db.transaction().execute(async (tx) => {
    const recipient = await sealingRecipient(tx, projectId);
    if (!recipient) return projectNotReady();
    const sealed = await seal(recipient);
    if (isRefusal(sealed)) return sealed;
    await tx
      .updateTable('project_storage')
      .set({ sealed_key: sealed })
      .where('project_id', '=', projectId)
      .where('sealed_key', 'is', null)
      .execute();
    return undefined;
  });
}

export async function noteStorage(
  db: Db,
  projectId: string,
  seen: { state: 'none' | 'ready' | 'locked'; keyId?: string; usedBytes?: number | undefined },
): Promise<void> {
  await db
    .updateTable('project_storage')
    .set({
      state: seen.state,
      seen_at: new Date(),
      ...(seen.keyId === undefined ? {} : { key_id: seen.keyId }),
      ...(seen.usedBytes === undefined ? {} : { used_bytes: seen.usedBytes }),
    })
    .where('project_id', '=', projectId)
    .execute();
}

export async function forgetStorage(db: Db, projectId: string): Promise<void> {
  await db.deleteFrom('project_storage').where('project_id', '=', projectId).execute();
}

export const findVolume = (db: Db, id: string) =>
  db.selectFrom('volumes').selectAll().where('id', '=', id).executeTakeFirst();

export async function volumeReady(db: Db, id: string): Promise<void> {
  await db.updateTable('volumes').set({ state: 'ready' }).where('id', '=', id).execute();
}

export async function forgetVolume(db: Db, id: string): Promise<void> {
  await db.deleteFrom('volumes').where('id', '=', id).execute();
}

/** Wanted replicas of the project's apps, by app. */
export async function formationsOf(
  db: Db,
  projectId: string,
): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
  const rows = await db
    .selectFrom('apps')
    .select(['id', 'formation'])
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(rows.map(({ id, formation }) => [id, formation]));
}
