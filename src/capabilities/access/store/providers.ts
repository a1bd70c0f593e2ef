import type { TenantDb } from '../../../db/transaction.ts';

const SHOWN = [
  'id',
  'name',
  'issuer',
  'client_id',
  'metadata',
  'checked_at',
  'failure',
  'created_by',
  'created_at',
] as const;

/** OpenID providers that operators named. */
export const listProviders = (db: TenantDb) =>
  db.selectFrom('sso_providers').select(SHOWN).orderBy('name').execute();

export const findProvider = (db: TenantDb, name: string) =>
  db.selectFrom('sso_providers').select(SHOWN).where('name', '=', name).executeTakeFirst();

/** Adds a provider under an id that its secret is bound to; false where its name or its issuer is there. */
export async function addProvider(
  db: TenantDb,
  wanted: {
    readonly id: string;
    readonly name: string;
    readonly issuer: string;
    readonly clientId: string;
    readonly ca: string | undefined;
    readonly sentSecret: Uint8Array;
    readonly by: string;
    readonly now: Date;
  },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sso_providers')
    .values({
      id: wanted.id,
      name: wanted.name,
      issuer: wanted.issuer,
      client_id: wanted.clientId,
      ca: wanted.ca ?? null,
      sent_secret: wanted.sentSecret,
      created_by: wanted.by,
      created_at: wanted.now,
    })
    .onConflict((c) => c.doNothing())
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Hands the agent another client secret. */
export async function sendSecret(db: TenantDb, id: string, sentSecret: Uint8Array): Promise<void> {
  await db.updateTable('sso_providers').set({ sent_secret: sentSecret }).where('id', '=', id).execute();
}

/** Removes a provider with all links to it. */
export async function removeProvider(db: TenantDb, id: string): Promise<void> {
  await db.deleteFrom('sso_providers').where('id', '=', id).execute();
}

/** How many accounts are linked to it. */
export async function countLinks(db: TenantDb, id: string): Promise<number> {
  const { links } = await db
    .selectFrom('sso_links')
    .select((eb) => eb.fn.countAll<string | number>().as('links'))
    .where('provider_id', '=', id)
    .executeTakeFirstOrThrow();
  return Number(links);
}
