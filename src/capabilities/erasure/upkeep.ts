import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { busy } from '../../engine/busy.ts';
import { submit } from '../../engine/submit.ts';
import * as store from './store.ts';

/** Starts erasures whose grace period is over, and takes up those that began and failed half-way. */
export async function runDueErasures(db: Kysely<Database>, now: Date): Promise<number> {
  let asked = 0;
  for (const due of await store.dueErasures(db, now)) {
    const target = `project:${due.project_id}`;
    if (await busy(db, target)) continue;
    await db.transaction().execute((tx) =>
      submit(tx, {
        kind: 'erasure.erase',
        target,
        organizationId: due.organization_id,
        projectId: due.project_id,
        input: { erasureId: due.id },
        actor: due.requested_by,
        reason: 'the grace period is over',
      }),
    );
    asked += 1;
  }
  return asked;
}
