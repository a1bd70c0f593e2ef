import type { TenantDb } from '../../db/transaction.ts';
import type { AlertView, AuditEntry } from './model.ts';

export interface NewEntry {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly organizationId: string | null;
  readonly outcome: AuditEntry['outcome'];
  readonly reason?: string | undefined;
  readonly sourceAddress?: string | undefined;
  readonly requestId?: string | undefined;
  readonly operationId?: string | undefined;
  readonly detail?: Record<string, unknown>;
}

/** Appends a line; it can be neither changed nor removed afterwards. */
export async function append(db: TenantDb, entry: NewEntry): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      actor: entry.actor,
      action: entry.action,
      target: entry.target,
      organization_id: entry.organizationId,
      outcome: entry.outcome,
      reason: entry.reason ?? null,
      source_address: entry.sourceAddress ?? null,
      request_id: entry.requestId ?? null,
      operation_id: entry.operationId ?? null,
      detail: JSON.stringify(entry.detail ?? {}),
    })
    .execute();
}

/** Alerts that the tenant may see, the worst first; `organizationId` null: those of no organization too. */
export async function alerts(
  db: TenantDb,
  organizationId: string | null,
  filter: { readonly all: boolean; readonly limit: number },
): Promise<AlertView[]> {
  let query = db
    .selectFrom('alerts')
    .selectAll()
    .orderBy('severity')
    .orderBy('last_at', 'desc')
    .limit(filter.limit);
  if (organizationId !== null) query = query.where('organization_id', '=', organizationId);
  if (!filter.all) query = query.where('resolved_at', 'is', null);
  return (await query.execute()).map((row) => ({
    id: row.id,
    severity: row.severity,
    code: row.code,
    subject: row.subject,
    message: row.message,
    next: row.next,
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    times: row.times,
    acknowledgedBy: row.acknowledged_by,
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  }));
}

/** False where there is no such alert for the tenant. */
export async function acknowledgeAlert(
  db: TenantDb,
  organizationId: string | null,
  id: string,
  by: { readonly actor: string; readonly at: Date },
): Promise<boolean> {
  let query = db
    .updateTable('alerts')
    .set({ acknowledged_at: by.at, acknowledged_by: by.actor })
    .where('id', '=', id);
  if (organizationId !== null) query = query.where('organization_id', '=', organizationId);
  return (await query.returning('id').executeTakeFirst()) !== undefined;
}

/** Whether there is an account of this name, and it was disabled: what it did is history. */
export async function isOver(db: TenantDb, account: string): Promise<boolean> {
  const row = await db
    .selectFrom('accounts')
    .select('disabled_at')
    .where('name', '=', account)
    .executeTakeFirst();
  return row?.disabled_at != null;
}
