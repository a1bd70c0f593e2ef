import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { RunFacts } from '../plan.ts';

/** The runs of an operation (the agent's half). */
export async function runsOf(db: Kysely<Database>, operationId: string): Promise<RunFacts> {
  const runs = await db
    .selectFrom('control_runs')
    .select(['control', 'verdict', 'reason', 'finished_at'])
    .where('operation_id', '=', operationId)
    .orderBy('finished_at')
    .orderBy('control')
    .execute();
  return {
    runs: runs.map((row) => ({
      control: row.control,
      finished: row.finished_at !== null,
      verdict: row.verdict,
      reason: row.reason,
    })),
  };
}

/** Runs of an operation that no prober has taken. */
export async function untaken(db: Kysely<Database>, operationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('control_runs')
    .select('control')
    .where('operation_id', '=', operationId)
    .where('finished_at', 'is', null)
    .where('claimed_at', 'is', null)
    .execute();
  return rows.map(({ control }) => control);
}

/** Milliseconds since any prober of these positions was heard of; undefined where there is none. */
export async function proberSilence(
  db: Kysely<Database>,
  positions: readonly ('inside' | 'outside')[] = ['inside', 'outside'],
): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number | null }>`
    select extract(epoch from now() - max(seen_at)) * 1000 as ms from probers
    where position in (${sql.join(positions)})`.execute(db);
  return rows[0]?.ms ?? undefined;
}

/** What was not answered ends without a verdict. */
export async function abandonRuns(db: Kysely<Database>, operationId: string): Promise<void> {
  await db
    .updateTable('control_runs')
    .set({ finished_at: sql`now()`, reason: 'given up: no verdict came' })
    .where('operation_id', '=', operationId)
    .where('finished_at', 'is', null)
    .execute();
}

export async function seenFor(
  db: Kysely<Database>,
  operationId: string,
): Promise<{ seen: unknown } | undefined> {
  return db
    .selectFrom('control_observations')
    .select('seen')
    .where('operation_id', '=', operationId)
    .executeTakeFirst();
}

export async function keepSeen(
  db: Kysely<Database>,
  operationId: string,
  kind: string,
  seen: unknown,
): Promise<void> {
  await db
    .insertInto('control_observations')
    .values({ operation_id: operationId, kind, seen: JSON.stringify(seen) })
    .onConflict((conflict) => conflict.column('operation_id').doNothing())
    .execute();
}

/** Enrols the platform's own prober: the agent puts the token where only the prober reads it. */
export async function addOwnEnrolment(
  db: Kysely<Database>,
  hash: Uint8Array,
  expiresAt: Date,
): Promise<void> {
  await db
    .insertInto('prober_enrolments')
    .values({ hash, position: 'inside', created_by: 'agent', expires_at: expiresAt })
    .execute();
}

/** Whether these ids are the canary projects: the agent looks at nothing else. */
export async function areCanaries(
  db: Kysely<Database>,
  projects: { a: string; b: string },
  organizations: { a: string; b: string },
): Promise<boolean> {
  const rows = await db
    .selectFrom('projects as p')
    .innerJoin('organizations as o', 'o.id', 'p.organization_id')
    .select(['p.id', 'o.name'])
    .where('p.id', 'in', [projects.a, projects.b])
    .execute();
  const of = (id: string) => rows.find((row) => row.id === id)?.name;
  return of(projects.a) === organizations.a && of(projects.b) === organizations.b;
}

/** How many probers of this machine have enrolled. */
export async function ownProbers(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('probers')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('position', '=', 'inside')
    .executeTakeFirstOrThrow();
  return Number(count);
}
