import { sql } from 'kysely';
import type { TenantDb } from '../../db/transaction.ts';
import { type Quota, QuotaName } from './model.ts';

interface Row {
  organization: string;
  name: QuotaName;
  use: string | number;
  most: string | number;
  set: boolean;
}

const quota = ({ name, use, most, set }: Row): Quota => ({
  name,
  use: Number(use),
  most: Number(most),
  set,
});

/** Every quota of the organizations that the transaction may see, or of one; by the organization's name. */
export async function quotasOf(db: TenantDb, organizationId?: string): Promise<Map<string, Quota[]>> {
  const { rows } = await sql<Row>`
    select o.name as organization, n.name, bastide_quota_use(o.id, n.name) as use, bastide_quota_most(o.id, n.name) as most,
      q.organization_id is not null as set
    from organizations o
    cross join unnest(${QuotaName.options}::text[]) with ordinality as n (name, place)
    left join quotas q on q.organization_id = o.id and q.name = n.name
    where ${organizationId ?? null}::uuid is null or o.id = ${organizationId ?? null}::uuid
    order by o.name, n.place`.execute(db);
  const found = Map.groupBy(rows, (row) => row.organization);
  return new Map([...found].map(([organization, all]) => [organization, all.map(quota)]));
}

export async function organizationNamed(db: TenantDb, name: string): Promise<string | undefined> {
  return (await db.selectFrom('organizations').select('id').where('name', '=', name).executeTakeFirst())?.id;
}

/** null: the default again. */
export async function setQuota(
  db: TenantDb,
  organizationId: string,
  name: QuotaName,
  most: number | null,
  by: string,
): Promise<void> {
  if (most === null) {
    await db
      .deleteFrom('quotas')
      .where('organization_id', '=', organizationId)
      .where('name', '=', name)
      .execute();
    return;
  }
  const said = { most, set_by: by, set_at: sql<Date>`now()` };
  await db
    .insertInto('quotas')
    .values({ organization_id: organizationId, name, ...said })
    .onConflict((conflict) => conflict.columns(['organization_id', 'name']).doUpdateSet(said))
    .execute();
}
