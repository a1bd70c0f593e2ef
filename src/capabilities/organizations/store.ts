import { sql } from 'kysely';
import type { TenantDb } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import type { Role } from '../access/model.ts';

/** PostgreSQL's unique_violation. */
export const isDuplicate = (error: unknown): boolean =>
  (error as { code?: unknown } | null)?.code === '23505';

const counted = (db: TenantDb) =>
  db
    .selectFrom('organizations as o')
    .select([
      'o.name',
      'o.created_at',
      sql<number>`(select count(*)::int from projects p where p.organization_id = o.id)`.as('projects'),
    ]);

const organization = (row: { name: string; created_at: Date; projects: number }) => ({
  name: row.name,
  projects: row.projects,
  createdAt: row.created_at.toISOString(),
});

export async function listOrganizations(db: TenantDb) {
  return (await counted(db).orderBy('o.name').execute()).map(organization);
}

export async function getOrganization(db: TenantDb, id: string) {
  return organization(await counted(db).where('o.id', '=', id).executeTakeFirstOrThrow());
}

/** The id of an organization, by its name. */
export async function organizationId(db: TenantDb, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('organizations').select('id').where('name', '=', name).executeTakeFirst();
  return row?.id;
}

export async function createOrganization(db: TenantDb, name: string): Promise<string> {
  const id = newId();
  await db.insertInto('organizations').values({ id, name }).execute();
  return id;
}

const projects = (db: TenantDb) =>
  db
    .selectFrom('projects as p')
    .innerJoin('organizations as o', 'o.id', 'p.organization_id')
    .select([
      'p.name',
      'o.name as organization',
      'p.key_recipient',
      'p.request_limit',
      'p.created_at',
      sql<number>`(select count(*)::int from apps a where a.project_id = p.id and a.deleted_at is null)`.as(
        'apps',
      ),
    ]);

type ProjectRow = Awaited<ReturnType<ReturnType<typeof projects>['executeTakeFirstOrThrow']>>;
const project = (row: ProjectRow) => ({
  name: row.name,
  organization: row.organization,
  ready: row.key_recipient !== null,
  requestLimit: row.request_limit,
  apps: row.apps,
  createdAt: row.created_at.toISOString(),
});

export async function listProjects(db: TenantDb) {
  return (await projects(db).orderBy('p.name').execute()).map(project);
}

export async function getProject(db: TenantDb, id: string) {
  return project(await projects(db).where('p.id', '=', id).executeTakeFirstOrThrow());
}

/** Throws a duplicate (isDuplicate) where the name is taken, in another organization too: names are unique. */
export async function createProject(db: TenantDb, organizationId: string, name: string): Promise<string> {
  const id = newId();
  await db.insertInto('projects').values({ id, organization_id: organizationId, name }).execute();
  return id;
}

/** Makes an account a member. */
export async function addMember(
  db: TenantDb,
  accountId: string,
  organizationId: string,
  role: Role,
): Promise<void> {
  await db
    .insertInto('memberships')
    .values({ account_id: accountId, organization_id: organizationId, role })
    .execute();
}
