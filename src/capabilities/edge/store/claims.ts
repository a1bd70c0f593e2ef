import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { newId } from '../../../kernel/id.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** What an organization that asks for a name is told: 0075_names.sql. */
export type NameState = 'own' | 'taken' | 'foreign' | 'proven' | 'free';

export async function nameState(db: Db, host: string, organizationId: string): Promise<NameState> {
  const { rows } = await sql<{ state: NameState }>`
    select bastide_name_state(${host}, ${organizationId}) as state`.execute(db);
  return rows[0]!.state;
}

/** Names of the app that wait for their record, with what the record says. */
export const claimsOf = (db: Db, appId: string) =>
  db
    .selectFrom('name_claims as c')
    .innerJoin('organizations as o', 'o.id', 'c.organization_id')
    .select([
      'c.id',
      'c.app_id',
      'c.organization_id',
      'c.host',
      'c.created_at',
      'c.looked_at',
      'o.domain_token as token',
    ])
    .where('c.app_id', '=', appId)
    .orderBy('c.host')
    .execute();

export type ClaimRow = Awaited<ReturnType<typeof claimsOf>>[number];

/** Asking twice is asking once. */
export const addClaim = (db: Db, claim: { organizationId: string; appId: string; host: string }) =>
  db
    .insertInto('name_claims')
    .values({
      id: newId(),
      organization_id: claim.organizationId,
      app_id: claim.appId,
      host: claim.host,
    })
    .onConflict((conflict) => conflict.columns(['app_id', 'host']).doNothing())
    .execute();

export async function removeClaim(db: Db, appId: string, host: string): Promise<boolean> {
  const gone = await db
    .deleteFrom('name_claims')
    .where('app_id', '=', appId)
    .where('host', '=', host)
    .returning('id')
    .execute();
  return gone.length > 0;
}

export const recordLook = (db: Db, id: string) =>
  db.updateTable('name_claims').set({ looked_at: sql<Date>`now()` }).where('id', '=', id).execute();

/** Who has the name now, where it is another organization, and what its record says. */
export const foreignHolder = (db: Db, host: string, organizationId: string) =>
  db
    .selectFrom('domains as d')
    .innerJoin('organizations as o', 'o.id', 'd.organization_id')
    .select(['d.id', 'd.app_id', 'd.organization_id', 'o.domain_token as token'])
    .where('d.host', '=', host)
    .where('d.organization_id', '<>', organizationId)
    .executeTakeFirst();

/**
 * Gives a proven name to who asked for it. Where another organization had it, that one is left without, with a line in
 * its own log.
 */
export async function settleClaim(db: Kysely<Database>, claim: ClaimRow): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const still = await tx
      .deleteFrom('name_claims')
      .where('id', '=', claim.id)
      .where('organization_id', '=', claim.organization_id)
      .returning('id')
      .executeTakeFirst();
    if (!still) return;
    const lost = await foreignHolder(tx, claim.host, claim.organization_id);
    if (lost) {
      await tx.deleteFrom('domains').where('id', '=', lost.id).where('kind', '=', 'custom').execute();
      await tx
        .insertInto('audit_log')
        .values({
          actor: NAMES,
          action: 'edge.name-lost',
          target: `app:${lost.app_id}`,
          organization_id: lost.organization_id,
          outcome: 'done',
          detail: JSON.stringify({ host: claim.host }),
        })
        .execute();
    }
    await tx
      .insertInto('domains')
      .values({
        id: newId(),
        organization_id: claim.organization_id,
        app_id: claim.app_id,
        host: claim.host,
        kind: 'custom',
        proven_at: sql<Date>`now()`,
      })
      .onConflict((conflict) => conflict.column('host').doNothing())
      .execute();
  });
}

/** Who asks for what a record has proven in the meantime. */
export const NAMES = 'system:names';

/** Claims to look after again, those that wait longest first; none that an operation is about. */
export const dueClaims = (db: Db, most: number) =>
  db
    .selectFrom('name_claims as c')
    .innerJoin('organizations as o', 'o.id', 'c.organization_id')
    .innerJoin('apps as a', 'a.id', 'c.app_id')
    .select([
      'c.id',
      'c.app_id',
      'c.organization_id',
      'c.host',
      'c.created_at',
      'c.looked_at',
      'o.domain_token as token',
      'a.project_id',
    ])
    .where((eb) =>
      eb.or([
        eb('c.looked_at', 'is', null),
        eb('c.looked_at', '<', sql<Date>`now() - least(interval '1 hour', (now() - c.created_at) / 4)`),
      ]),
    )
    .where(
      sql<boolean>`not exists (select from operations p where p.target = 'domains:' || c.app_id and p.status in ('queued', 'running'))`,
    )
    .orderBy('c.looked_at', (order) => order.asc().nullsFirst())
    .limit(most)
    .execute();

/** Forgets what nobody proved in a week, and names that are kept for nobody any more. */
export async function forgetOldClaims(db: Db): Promise<void> {
  await db.deleteFrom('name_claims').where('created_at', '<', sql<Date>`now() - interval '7 days'`).execute();
  await db.deleteFrom('held_names').where('held_until', '<', sql<Date>`now()`).execute();
}
