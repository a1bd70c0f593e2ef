import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/**
 * On whose behalf a transaction reads and writes:
 * one organization; several (a list across somebody's memberships); the operator plane; or sign-in, where nobody is
 * known yet and only accounts and tokens are visible; or a grant of staff access, which is bound to no organization and
 * sees of one project what 0055_staff_access.sql opens while the grant lives.
 */
export type Tenant =
  | { readonly organizationId: string }
  | { readonly organizationIds: readonly string[] }
  | { readonly operator: true }
  | { readonly signIn: true }
  | { readonly grant: string };

declare const bound: unique symbol;
/** A transaction that is bound to a tenant. Only `withTenant` makes one, and the API's stores take nothing else. */
export type TenantDb = Transaction<Database> & { readonly [bound]: Tenant };

const settings = (tenant: Tenant): { organization: string; plane: string; grant: string } => {
  const none = { organization: '', plane: '', grant: '' };
  if ('grant' in tenant) return { ...none, grant: tenant.grant };
  if ('organizationId' in tenant) return { ...none, organization: tenant.organizationId };
  if ('organizationIds' in tenant) return { ...none, organization: tenant.organizationIds.join(',') };
  return { ...none, plane: 'operator' in tenant ? 'operator' : 'sign-in' };
};

/**
 * Runs `fn` in one transaction that sees the tenant's rows only (row-level security, 0002_grants.sql).
 * The role is set too, so that a test on a superuser's connection meets the same wall.
 */
export function withTenant<T>(
  db: Kysely<Database>,
  tenant: Tenant,
  fn: (tx: TenantDb) => Promise<T>,
): Promise<T> {
  const { organization, plane, grant } = settings(tenant);
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('role', 'bastide_api', true), set_config('bastide.organization', ${organization}, true),
      set_config('bastide.plane', ${plane}, true), set_config('bastide.grant', ${grant}, true)`.execute(tx);
    return fn(tx as TenantDb);
  });
}
