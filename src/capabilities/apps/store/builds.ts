import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { Manifest } from '../manifest.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findBuild = (db: Db, buildId: string) =>
  db.selectFrom('builds').selectAll().where('id', '=', buildId).executeTakeFirst();

export const buildOf = (db: Db, operationId: string) =>
  db.selectFrom('builds').selectAll().where('operation_id', '=', operationId).executeTakeFirst();

export const latestBuild = (db: Db, appId: string) =>
  db
    .selectFrom('builds')
    .selectAll()
    .where('app_id', '=', appId)
    .where('status', '=', 'succeeded')
    .orderBy('id', 'desc')
    .executeTakeFirst();

export const buildWithDigest = (db: Db, organizationId: string, digest: string) =>
  db
    .selectFrom('builds')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('digest', '=', digest)
    .where('status', '=', 'succeeded')
    .orderBy('id', 'desc')
    .executeTakeFirst();

/** What the source says of itself, once it was read. */
export const buildRead = (db: Db, buildId: string, manifest: Manifest, stack: string) =>
  db
    .updateTable('builds')
    .set({ status: 'running', manifest: JSON.stringify(manifest), stack })
    .where('id', '=', buildId)
    .execute();

export const buildDone = (
  db: Db,
  buildId: string,
  image: { repository: string; digest: string; attestation: unknown },
) =>
  db
    .updateTable('builds')
    .set({
      status: 'succeeded',
      repository: image.repository,
      digest: image.digest,
      attestation: JSON.stringify(image.attestation),
      finished_at: sql`now()`,
    })
    .where('id', '=', buildId)
    .execute();

export const buildFailed = (db: Db, buildId: string) =>
  db
    .updateTable('builds')
    .set({ status: 'failed', finished_at: sql`now()` })
    .where('id', '=', buildId)
    .where('status', '!=', 'succeeded')
    .execute();

export const insertBuild = (
  db: Db,
  build: { id: string; organizationId: string; appId: string; operationId: string; source: unknown },
) =>
  db
    .insertInto('builds')
    .values({
      id: build.id,
      organization_id: build.organizationId,
      app_id: build.appId,
      operation_id: build.operationId,
      source: JSON.stringify(build.source),
    })
    .execute();

/** Whether the upload was made for this app: an id that somebody else was given is worth nothing. */
export async function uploadOf(db: Db, appId: string, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('uploads')
    .select('id')
    .where('id', '=', id)
    .where('app_id', '=', appId)
    .executeTakeFirst();
  return row !== undefined;
}

export async function forgetUpload(db: Db, id: string): Promise<void> {
  await db.deleteFrom('uploads').where('id', '=', id).execute();
}
