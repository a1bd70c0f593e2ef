import type { TenantDb } from '../../../db/transaction.ts';
import type { Resource } from '../model.ts';

/** A member of the organization that the transaction is bound to, and the roles there; nothing where it is none. */
export async function memberNamed(db: TenantDb, organizationId: string, name: string) {
  const rows = await db
    .selectFrom('accounts as a')
    .innerJoin('memberships as m', 'm.account_id', 'a.id')
    .select(['a.id', 'a.name', 'm.role'])
    .where('a.name', '=', name)
    .where('a.disabled_at', 'is', null)
    .where('m.organization_id', '=', organizationId)
    .execute();
  return rows[0] && { id: rows[0].id, name: rows[0].name, roles: rows.map(({ role }) => role) };
}

/** `organization`, `project:NAME` or `app:NAME` of the organization, as the policies are asked about it. */
export async function resourceNamed(
  db: TenantDb,
  organizationId: string,
  text: string,
): Promise<Resource | undefined> {
  if (text === 'organization') return { type: 'Organization', id: organizationId, organizationId };
  const [kind, name = ''] = text.split(':');
  if (kind === 'project') {
    const row = await db
      .selectFrom('projects')
      .select('id')
      .where('name', '=', name)
      .where('organization_id', '=', organizationId)
      .executeTakeFirst();
    return row && { type: 'Project', id: row.id, organizationId, projectId: row.id };
  }
  const row = await db
    .selectFrom('apps')
    .select(['id', 'project_id'])
    .where('name', '=', name)
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row && { type: 'App', id: row.id, organizationId, projectId: row.project_id };
}
