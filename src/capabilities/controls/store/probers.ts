import type { TenantDb } from '../../../db/transaction.ts';
import { CANARY_ORGANIZATIONS } from '../model.ts';

export interface Prober {
  readonly id: string;
  readonly position: 'inside' | 'outside';
  readonly publicKey: string;
}

/** The newest prober of an account. */
export async function proberOf(db: TenantDb, accountId: string): Promise<Prober | undefined> {
  const row = await db
    .selectFrom('probers')
    .select(['id', 'position', 'public_key'])
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  return row && { id: row.id, position: row.position, publicKey: row.public_key };
}

export async function addEnrolment(
  db: TenantDb,
  enrolment: { hash: Uint8Array; position: 'inside' | 'outside'; actor: string; expiresAt: Date },
): Promise<void> {
  await db
    .insertInto('prober_enrolments')
    .values({
      hash: enrolment.hash,
      position: enrolment.position,
      created_by: enrolment.actor,
      expires_at: enrolment.expiresAt,
    })
    .execute();
}

/** Spends an enrolment, once; answers the position that it is for. */
export async function spendEnrolment(
  db: TenantDb,
  hash: Uint8Array,
  now: Date,
): Promise<'inside' | 'outside' | undefined> {
  const row = await db
    .updateTable('prober_enrolments')
    .set({ used_at: now })
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('position')
    .executeTakeFirst();
  return row?.position;
}

export async function addProber(
  db: TenantDb,
  prober: { id: string; accountId: string; position: 'inside' | 'outside'; publicKey: string },
): Promise<void> {
  await db
    .insertInto('probers')
    .values({
      id: prober.id,
      account_id: prober.accountId,
      position: prober.position,
      public_key: prober.publicKey,
    })
    .execute();
}

export async function proberSeen(db: TenantDb, id: string, now: Date): Promise<void> {
  await db.updateTable('probers').set({ seen_at: now }).where('id', '=', id).execute();
}

/** The canary projects' ids: the newest project of each canary organization. */
export async function canaryProjects(db: TenantDb): Promise<{ a: string; b: string } | undefined> {
  const find = async (organization: string) =>
    db
      .selectFrom('projects as p')
      .innerJoin('organizations as o', 'o.id', 'p.organization_id')
      .select('p.id')
      .where('o.name', '=', organization)
      .where('p.name', '=', organization)
      .executeTakeFirst();
  const a = await find(CANARY_ORGANIZATIONS.a);
  const b = await find(CANARY_ORGANIZATIONS.b);
  return a && b && { a: a.id, b: b.id };
}
