import { sql } from 'kysely';
import type { TenantDb } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import type { Scope } from '../access/model.ts';

const grants = (db: TenantDb) =>
  db
    .selectFrom('staff_grants as g')
    .leftJoin('projects as p', 'p.id', 'g.project_id')
    .innerJoin('organizations as o', 'o.id', 'g.organization_id')
    .selectAll('g')
    // One that went to another organization is not seen any more by the one that was asked.
    .select(['o.name as organization', sql<string>`coalesce(p.name, 'moved')`.as('project')])
    .orderBy('g.requested_at', 'desc')
    .orderBy('g.id', 'desc');
export type GrantRow = Awaited<ReturnType<ReturnType<typeof grants>['executeTakeFirstOrThrow']>>;

export const projectNamed = (db: TenantDb, name: string) =>
  db.selectFrom('projects').select(['id', 'organization_id']).where('name', '=', name).executeTakeFirst();

export async function ask(
  db: TenantDb,
  wanted: {
    readonly organizationId: string;
    readonly projectId: string;
    readonly kind: 'consent' | 'break-glass';
    readonly scopes: readonly Scope[];
    readonly reason: string;
    readonly seconds: number;
    readonly by: string;
    readonly name: string;
  },
): Promise<string> {
  const id = newId();
  await db
    .insertInto('staff_grants')
    .values({
      id,
      organization_id: wanted.organizationId,
      project_id: wanted.projectId,
      kind: wanted.kind,
      scopes: [...new Set(wanted.scopes)],
      reason: wanted.reason,
      seconds: wanted.seconds,
      requested_by: wanted.by,
      requested_name: wanted.name,
    })
    .execute();
  return id;
}

export const findGrant = (db: TenantDb, id: string): Promise<GrantRow | undefined> =>
  grants(db).where('g.id', '=', id).executeTakeFirst();

export interface Narrowed {
  readonly organizationId?: string;
  readonly projectId?: string;
  readonly kind?: 'consent' | 'break-glass';
  /** Only those that wait or live. */
  readonly open: boolean;
}

export function listGrants(
  db: TenantDb,
  { organizationId, projectId, kind, open }: Narrowed,
): Promise<GrantRow[]> {
  let query = grants(db).limit(200);
  if (organizationId !== undefined) query = query.where('g.organization_id', '=', organizationId);
  if (projectId !== undefined) query = query.where('g.project_id', '=', projectId);
  if (kind !== undefined) query = query.where('g.kind', '=', kind);
  if (open)
    query = query
      .where('g.ended_at', 'is', null)
      .where(
        sql<boolean>`g.decision is distinct from 'declined' and coalesce(g.until, g.expires_at) > now()`,
      );
  return query.execute();
}

/** Decides it, if nobody has yet: of several at the same time one does. */
export async function decide(
  db: TenantDb,
  id: string,
  decision: 'approved' | 'declined',
  by: { readonly id: string; readonly name: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('staff_grants')
    .set({
      decision,
      decided_by: by.id,
      decided_name: by.name,
      decided_at: sql<Date>`now()`,
      ...(decision === 'approved' ? { until: sql<Date>`now() + make_interval(secs => seconds)` } : {}),
    })
    .where('id', '=', id)
    .where('decision', 'is', null)
    .where('ended_at', 'is', null)
    .where(sql<boolean>`expires_at > now()`)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Ends what waits or lives; false where there is nothing to end. */
export async function end(
  db: TenantDb,
  id: string,
  why: 'revoked' | 'given-back' | 'withdrawn',
  by: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('staff_grants')
    .set({ ended_at: sql<Date>`now()`, end_reason: why, ended_by: by })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where(sql<boolean>`decision is distinct from 'declined' and coalesce(until, expires_at) > now()`)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

export async function review(
  db: TenantDb,
  id: string,
  finding: string,
  by: { readonly id: string; readonly name: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('staff_grants')
    .set({ review: finding, reviewed_by: by.id, reviewed_name: by.name, reviewed_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('kind', '=', 'break-glass')
    .where('decision', '=', 'approved')
    .where('review', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** What was done under it, oldest first: each request, each operation and each of its steps. */
export async function deedsOf(db: TenantDb, id: string) {
  const under = sql<boolean>`(a.detail ->> 'grant' = ${id} or a.operation_id in (select o.id from operations o where o.grant_id = ${id}))`;
  const rows = await db
    .selectFrom('audit_log as a')
    .leftJoin('operations as o', 'o.id', 'a.operation_id')
    .select([
      'a.seq',
      'a.at',
      'a.actor',
      'a.action',
      'a.target',
      'a.outcome',
      'a.operation_id as operationId',
    ])
    .select(['o.kind', 'o.input', sql<string | null>`a.detail ->> 'typed'`.as('typed')])
    .where(under)
    .where('a.organization_id', 'is not', null)
    .orderBy('a.seq')
    .limit(1000)
    .execute();
  return rows.map(({ at, kind, input, typed, ...row }) => ({
    ...row,
    at: at.toISOString(),
    what: typed ?? (kind === null || row.action !== kind ? null : JSON.stringify(input).slice(0, 2000)),
  }));
}
