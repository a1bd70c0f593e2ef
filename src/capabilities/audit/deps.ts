import type { Kysely } from 'kysely';
import type { NoteSigner } from '../../adapters/signer/notes.ts';
import type { Witness } from '../../adapters/witness/port.ts';
import type { Database } from '../../db/schema.ts';

/** What keeping the log works with; main/agent/ puts it together. */
export interface AuditDeps {
  readonly db: Kysely<Database>;
  readonly signer: NoteSigner;
  readonly witnesses: readonly Witness[];
  readonly now: () => Date;
}
