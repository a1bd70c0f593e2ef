import type { Transaction } from 'kysely';
import type { Database } from './schema.ts';

/**
 * The recipient to seal a project's value to, now; null until the key is made or once it is destroyed. To be asked in
 * the transaction that stores the sealed value: it holds the project's row, so that the key's rotation waits for that
 * value, and whoever comes after the rotation gets the new recipient. So nothing is ever sealed to an old generation.
 * The same holds for who copies sealed values from one row to another.
 */
export async function sealingRecipient(tx: Transaction<Database>, projectId: string): Promise<string | null> {
  const row = await tx
    .selectFrom('projects')
    .select('key_recipient')
    .where('id', '=', projectId)
    .forShare()
    .executeTakeFirst();
  return row?.key_recipient ?? null;
}
