import { sql } from 'kysely';
import type { TestDatabase } from '../../db/testing.ts';
import { newId } from '../../kernel/id.ts';
import type { Scope } from '../access/model.ts';

/** Puts a grant there as the database would keep a real one; past its rules, so that tests can plant what cannot be. */
export async function plantGrant(
  { t }: { readonly t: TestDatabase },
  wanted: {
    readonly organizationId: string;
    readonly projectId: string;
    readonly operator: string;
    readonly by: string;
    readonly scopes: readonly Scope[];
  },
): Promise<string> {
  const id = newId();
  await past(t, (db) =>
    db
      .insertInto('staff_grants')
      .values({
        id,
        organization_id: wanted.organizationId,
        project_id: wanted.projectId,
        kind: 'consent',
        scopes: [...wanted.scopes],
        reason: 'planted by a test',
        seconds: 3600,
        requested_by: wanted.operator,
        requested_name: 'operator',
        decision: 'approved',
        decided_by: wanted.by,
        decided_name: 'owner',
        decided_at: sql<Date>`now()`,
        until: sql<Date>`now() + interval '1 hour'`,
      })
      .execute(),
  );
  return id;
}

/** As a superuser who has switched the rules off. */
export async function past<T>(t: TestDatabase, run: (db: TestDatabase['db']) => Promise<T>): Promise<T> {
  await sql`alter table staff_grants disable trigger user`.execute(t.db);
  try {
    return await run(t.db);
  } finally {
    await sql`alter table staff_grants enable trigger user`.execute(t.db);
  }
}
