import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { TenantDb } from '../../../db/transaction.ts';
import type { CatalogueEntry, ControlView, Selection } from '../model.ts';
import { freshness, type Past } from '../plan.ts';

/** What a prober can try. What it no longer names stays, for its history, and becomes overdue. */
export async function saveCatalogue(
  db: TenantDb,
  controls: readonly CatalogueEntry[],
  now: Date,
): Promise<void> {
  for (const one of controls) {
    const row = {
      area: one.id.split('/')[0]!,
      claims: JSON.stringify(one.claims),
      sentence: one.sentence,
      occasion: one.when,
      every_hours: one.everyHours,
      position: one.position,
      seen_at: now,
    };
    await db
      .insertInto('controls')
      .values({ id: one.id, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  }
}

interface Row {
  id: string;
  claims: string[];
  sentence: string;
  occasion: 'anytime' | 'drill';
  every_hours: number;
  position: 'anywhere' | 'outside';
  first_seen_at: Date;
  verdict: ControlView['verdict'];
  reason: string | null;
  at: Date | null;
  concluded_at: Date | null;
}

const rows = async (db: Kysely<Database>): Promise<Row[]> =>
  (
    await sql<Row>`
      select c.*, e.verdict, e.reason, e.at, (
        select max(at) from evidence where control = c.id and verdict <> 'inconclusive') as concluded_at
      from controls c
      left join lateral (
        select verdict, reason, at from evidence where control = c.id order by at desc, seq desc limit 1) e on true
      order by c.id`.execute(db)
  ).rows;

const pastOf = (row: Row): Past => ({
  everyHours: row.every_hours,
  firstSeenAt: row.first_seen_at.getTime(),
  triedAt: row.at?.getTime(),
  verdict: row.verdict ?? undefined,
  concludedAt: row.concluded_at?.getTime(),
});

/** Every control with its newest verdict. */
export async function listControls(
  db: Kysely<Database>,
  now: Date,
): Promise<(ControlView & { past: Past })[]> {
  return (await rows(db)).map((row) => ({
    id: row.id,
    claims: row.claims,
    sentence: row.sentence,
    when: row.occasion,
    everyHours: row.every_hours,
    position: row.position,
    verdict: row.verdict,
    reason: row.reason,
    at: row.at?.toISOString() ?? null,
    freshness: freshness(pastOf(row), now.getTime()),
    past: pastOf(row),
  }));
}

/** Ids that a selection means. A control that is named runs, drill or not. */
export async function selectControls(db: TenantDb, selection: Selection): Promise<string[]> {
  const all = await rows(db);
  return all
    .filter(
      ({ id, claims, occasion }) =>
        (selection.control === undefined || id === selection.control) &&
        (selection.area === undefined || id.startsWith(`${selection.area}/`)) &&
        (selection.claim === undefined || claims.includes(selection.claim)) &&
        (occasion === 'anytime' || selection.drills || selection.control !== undefined),
    )
    .map(({ id }) => id);
}
