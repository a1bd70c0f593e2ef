import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { TenantDb } from '../../db/transaction.ts';
import type { EndReason, GatewayName } from './model.ts';
import type { AuditLine, Granted } from './plan/connections.ts';

type Db = Kysely<Database> | Transaction<Database>;
const NOW = sql<Date>`now()`;
/** `inet` prints a host's address without its length. */
const SOURCE = sql<string>`host(g.source)`;

/** Databases of one kind in a project that are ready. */
export const readyDatabases = (db: TenantDb, projectId: string, engine: 'postgres' | 'mariadb') =>
  db
    .selectFrom('databases')
    .select(['id', 'name'])
    .where('project_id', '=', projectId)
    .where('engine', '=', engine)
    .where('status', '=', 'ready')
    .orderBy('name')
    .execute();

export async function openGrants(db: TenantDb, projectId: string): Promise<number> {
  const { count } = await db
    .selectFrom('grants')
    .select(({ fn }) => fn.count<number>('id').as('count'))
    .where('project_id', '=', projectId)
    .where('closed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export interface NewGrant {
  readonly id: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly databaseId: string;
  readonly gateway: GatewayName;
  readonly role: string;
  readonly verifier: string;
  readonly source: string;
  readonly until: Date;
  readonly openedBy: string;
  readonly reason: string | undefined;
}

export const insertGrant = (db: TenantDb, grant: NewGrant) =>
  db
    .insertInto('grants')
    .values({
      id: grant.id,
      organization_id: grant.organizationId,
      project_id: grant.projectId,
      database_id: grant.databaseId,
      gateway: grant.gateway,
      role: grant.role,
      verifier: grant.verifier,
      source: grant.source,
      until: grant.until,
      opened_by: grant.openedBy,
      reason: grant.reason ?? null,
    })
    .execute();

const views = (db: TenantDb) =>
  db
    .selectFrom('grants as g')
    .innerJoin('databases as d', 'd.id', 'g.database_id')
    .select([
      'g.id',
      'g.gateway',
      'd.name as database',
      'g.role',
      SOURCE.as('source'),
      'g.until',
      'g.opened_by',
      'g.reason',
      'g.created_at',
      'g.opened_at',
      'g.end_requested_at',
      'g.end_reason',
      'g.closed_at',
    ]);
export type GrantRow = Awaited<ReturnType<typeof listGrants>>[number];

/** Newest first; without the closed ones unless asked. */
export const listGrants = (db: TenantDb, projectId: string, all: boolean) =>
  views(db)
    .where('g.project_id', '=', projectId)
    .$if(!all, (query) => query.where('g.closed_at', 'is', null))
    .orderBy('g.created_at', 'desc')
    .limit(200)
    .execute();

export const findGrant = (db: TenantDb, projectId: string, id: string) =>
  views(db).where('g.project_id', '=', projectId).where('g.id', '=', id).executeTakeFirst();

/** Says that the grant is to end; once said it stays. */
export const requestEnd = (db: Db, id: string, because: EndReason) =>
  db
    .updateTable('grants')
    .set({ end_requested_at: NOW, end_reason: because })
    .where('id', '=', id)
    .where('end_requested_at', 'is', null)
    .where('closed_at', 'is', null)
    .execute();

const facts = (db: Db) =>
  db
    .selectFrom('grants as g')
    .innerJoin('databases as d', 'd.id', 'g.database_id')
    .selectAll('g')
    .select([SOURCE.as('address'), 'd.name as database', 'd.status as database_status']);
export type GrantFactsRow = NonNullable<Awaited<ReturnType<typeof grantFacts>>>;

export const grantFacts = (db: Db, id: string) => facts(db).where('g.id', '=', id).executeTakeFirst();
export const liveGrants = (db: Db) => facts(db).where('g.closed_at', 'is', null).execute();

export const markRoleMade = (db: Db, id: string) =>
  db.updateTable('grants').set({ role_made_at: NOW }).where('id', '=', id).execute();
export const markClosed = (db: Db, id: string) =>
  db.updateTable('grants').set({ closed_at: NOW }).where('id', '=', id).execute();

/** After the gateways took over what is open: these are, every other one is not. */
export async function markRouted(db: Db, open: readonly string[]): Promise<void> {
  if (open.length > 0)
    await db
      .updateTable('grants')
      .set({ opened_at: NOW })
      .where('id', 'in', open)
      .where('opened_at', 'is', null)
      .execute();
  await db
    .updateTable('grants')
    .set({ unrouted_at: NOW })
    .where('closed_at', 'is', null)
    .where('end_requested_at', 'is not', null)
    .where('unrouted_at', 'is', null)
    .$if(open.length > 0, (query) => query.where('id', 'not in', open))
    .execute();
}

/** The newest operation on a target: what is under way, or when it was last tried. */
export const lastOperation = (db: Db, target: string) =>
  db
    .selectFrom('operations')
    .select(['status', 'requested_at', 'kind'])
    .where('target', '=', target)
    .orderBy('requested_at', 'desc')
    .limit(1)
    .executeTakeFirst();

export async function readUntil(db: Db, gateway: GatewayName): Promise<string | undefined> {
  const row = await db
    .selectFrom('gateway_cursors')
    .select('read_until')
    .where('gateway', '=', gateway)
    .executeTakeFirst();
  return row?.read_until;
}

/** Grants that connections of the last days may belong to. */
export const grantedLately = async (db: Db, gateway: GatewayName): Promise<readonly Granted[]> => {
  const rows = await db
    .selectFrom('grants as g')
    .innerJoin('databases as d', 'd.id', 'g.database_id')
    .select(['g.id', 'g.role', SOURCE.as('source'), 'g.organization_id', 'd.name'])
    .where('g.gateway', '=', gateway)
    .where(sql<boolean>`g.created_at > now() - interval '3 days'`)
    .orderBy('g.created_at', 'desc')
    .execute();
  return rows.map(({ id, role, source, organization_id, name }) => ({
    id,
    role,
    source,
    organizationId: organization_id,
    database: name,
  }));
};

/** ONE transaction: the lines, and how far the gateway's log has been read. */
export const takeOver = (
  db: Kysely<Database>,
  gateway: GatewayName,
  until: string,
  lines: readonly AuditLine[],
): Promise<void> =>
  db.transaction().execute(async (tx) => {
    if (lines.length > 0)
      await tx
        .insertInto('audit_log')
        .values(
          lines.map((line) => ({
            actor: `gateway:${gateway}`,
            action: 'gateways.connection',
            target: line.target,
            organization_id: line.organizationId,
            outcome: line.outcome,
            reason: line.reason,
            source_address: line.sourceAddress,
            detail: JSON.stringify(line.detail),
          })),
        )
        .execute();
    await tx
      .insertInto('gateway_cursors')
      .values({ gateway, read_until: until })
      .onConflict((conflict) => conflict.column('gateway').doUpdateSet({ read_until: until }))
      .execute();
  });
