import { z } from 'zod';
import type { Db } from './repositories.ts';

const Detail = z.object({ failing: z.array(z.string()).catch([]) });

/** What the open alert of a source says that fails. */
export async function failingOf(db: Db, subject: string): Promise<string[]> {
  const row = await db
    .selectFrom('alerts')
    .select('detail')
    .where('code', '=', 'backup_failed')
    .where('subject', '=', subject)
    .where('resolved_at', 'is', null)
    .executeTakeFirst();
  return row ? Detail.parse(row.detail).failing : [];
}

/** Less of it fails; it was not seen again. */
export const setFailing = (db: Db, subject: string, failing: readonly string[]) =>
  db
    .updateTable('alerts')
    .set({ detail: JSON.stringify({ failing }) })
    .where('code', '=', 'backup_failed')
    .where('subject', '=', subject)
    .where('resolved_at', 'is', null)
    .execute();
