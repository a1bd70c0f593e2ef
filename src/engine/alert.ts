import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../db/schema.ts';
import { newId } from '../kernel/id.ts';

type Db = Kysely<Database> | Transaction<Database>;

export interface Alert {
  /** `critical`: a promise is broken or will be soon. `warning`: it needs a look. */
  readonly severity: 'warning' | 'critical';
  /** Stable, snake_case, prefixed by its area like a refusal's: `backup_overdue`. */
  readonly code: string;
  /** What it is about, so that the same thing is one alert: `database:<id>`, `vault:<name>`. */
  readonly subject: string;
  readonly message: string;
  /** What to do now. */
  readonly next: string;
  /** null: the operators' matter. */
  readonly organizationId?: string | null;
  readonly projectId?: string | null;
  /** Never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * Tells the people who look after it. While the same (code, subject) is open it is one alert that counts how often it
 * was seen; its words are the newest. True where it is new, and then also in the audit log.
 */
export async function alert(db: Db, told: Alert): Promise<boolean> {
  const values = {
    severity: told.severity,
    message: told.message.slice(0, 2000),
    next: told.next,
    detail: JSON.stringify(told.detail ?? {}),
  };
  const row = await db
    .insertInto('alerts')
    .values({
      id: newId(),
      code: told.code,
      subject: told.subject,
      organization_id: told.organizationId ?? null,
      project_id: told.projectId ?? null,
      ...values,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['code', 'subject'])
        .where('resolved_at', 'is', null)
        .doUpdateSet({ ...values, last_at: sql<Date>`now()`, times: sql<number>`alerts.times + 1` }),
    )
    .returning('times')
    .executeTakeFirstOrThrow();
  if (row.times > 1) return false;
  await db
    .insertInto('audit_log')
    .values({
      actor: 'system:alerts',
      action: `alert.${told.code}`,
      target: told.subject,
      organization_id: told.organizationId ?? null,
      outcome: 'failed',
      detail: JSON.stringify({ severity: told.severity }),
    })
    .execute();
  return true;
}

/** It is well again: closes what is open under this code and subject. */
export async function settle(db: Db, code: string, subject: string): Promise<void> {
  await db
    .updateTable('alerts')
    .set({ resolved_at: sql<Date>`now()` })
    .where('code', '=', code)
    .where('subject', '=', subject)
    .where('resolved_at', 'is', null)
    .execute();
}
