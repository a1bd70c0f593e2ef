import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const configOf = (db: Db, appId: string) =>
  db.selectFrom('config_vars').selectAll().where('app_id', '=', appId).orderBy('name').execute();

export const setConfig = (
  db: Db,
  config: { appId: string; organizationId: string; name: string; sealed: string; secret: boolean },
) =>
  db
    .insertInto('config_vars')
    .values({
      app_id: config.appId,
      organization_id: config.organizationId,
      name: config.name,
      sealed: config.sealed,
      secret: config.secret,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['app_id', 'name'])
        .doUpdateSet({ sealed: config.sealed, secret: config.secret, updated_at: sql`now()` }),
    )
    .execute();

/** Config vars that belong to attached databases and object stores. */
export async function attachedConfig(
  db: Db,
  appId: string,
): Promise<Record<string, { sealed: string; secret: boolean }>> {
  const attachments = await db
    .selectFrom('database_attachments')
    .select('variables')
    .where('app_id', '=', appId)
    .execute();
  const stores = await db
    .selectFrom('object_attachments')
    .select('variables')
    .where('app_id', '=', appId)
    .execute();
  const names = new Set([...attachments, ...stores].flatMap(({ variables }) => variables));
  const rows = (await configOf(db, appId)).filter(({ name }) => names.has(name));
  return Object.fromEntries(rows.map(({ name, sealed, secret }) => [name, { sealed, secret }]));
}

export const unsetConfig = (db: Db, appId: string, name: string) =>
  db.deleteFrom('config_vars').where('app_id', '=', appId).where('name', '=', name).execute();
