import type { TenantDb } from '../../../db/transaction.ts';
import type { AuditEntry, AuditFilter } from '../model.ts';

/** What LIKE takes for signs of its own, taken as it is. */
const literally = (text: string): string => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);

/** The newest entries that match and that the tenant may see. */
export async function list(db: TenantDb, filter: AuditFilter): Promise<AuditEntry[]> {
  let query = db
    .selectFrom('audit_log as a')
    .leftJoin('audit_leaves as l', 'l.seq', 'a.seq')
    .selectAll('a')
    .select('l.index')
    .orderBy('a.seq', 'desc')
    .limit(filter.limit);
  if (filter.actor !== undefined) query = query.where('a.actor', '=', filter.actor);
  if (filter.action?.endsWith('*'))
    query = query.where('a.action', 'like', `${literally(filter.action.slice(0, -1))}%`);
  else if (filter.action !== undefined) query = query.where('a.action', '=', filter.action);
  if (filter.address !== undefined) query = query.where('a.source_address', '=', filter.address);
  if (filter.words !== undefined) {
    const like = `%${literally(filter.words)}%`;
    query = query.where(({ eb, or }) => or([eb('a.target', 'ilike', like), eb('a.reason', 'ilike', like)]));
  }
  if (filter.outcome !== undefined) query = query.where('a.outcome', '=', filter.outcome);
  if (filter.target !== undefined) query = query.where('a.target', '=', filter.target);
  if (filter.operation !== undefined) query = query.where('a.operation_id', '=', filter.operation);
  if (filter.request !== undefined) query = query.where('a.request_id', '=', filter.request);
  if (filter.since !== undefined) query = query.where('a.at', '>=', new Date(filter.since));
  if (filter.until !== undefined) query = query.where('a.at', '<', new Date(filter.until));
  if (filter.before !== undefined) query = query.where('a.seq', '<', filter.before);
  for (const [kind, name] of [
    ['app', filter.app],
    ['project', filter.project],
  ] as const) {
    if (name === undefined) continue;
    // Said by name where somebody asked, by id or by its operation where something was done.
    const of = await db
      .selectFrom(kind === 'app' ? 'apps' : 'projects')
      .select('id')
      .where('name', '=', name)
      .execute();
    const ids = of.map(({ id }) => id);
    const targets = [name, ...ids].map((each) => `${kind}:${each}`);
    query = query.where(({ eb, or, selectFrom }) =>
      or([
        eb('a.target', 'in', targets),
        ...(ids.length === 0
          ? []
          : [
              eb(
                'a.operation_id',
                'in',
                selectFrom('operations')
                  .select('id')
                  .where(kind === 'app' ? 'app_id' : 'project_id', 'in', ids),
              ),
            ]),
      ]),
    );
  }
  const rows = await query.execute();
  return rows.map((row) => ({
    seq: row.seq,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    reason: row.reason,
    sourceAddress: row.source_address,
    requestId: row.request_id,
    operationId: row.operation_id,
    detail: row.detail as Record<string, unknown>,
    index: row.index === null ? null : Number(row.index),
    erased: row.erased_by !== null,
  }));
}
