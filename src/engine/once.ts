import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';

/** Whether a step of this operation has ended well: for work that leaves nothing behind to observe. */
export async function stepDone(db: Kysely<Database>, operationId: string, key: string): Promise<boolean> {
  const row = await db
    .selectFrom('operation_steps')
    .select('seq')
    .where('operation_id', '=', operationId)
    .where('key', '=', key)
    .where('status', '=', 'done')
    .executeTakeFirst();
  return row !== undefined;
}
