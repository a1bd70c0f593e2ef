import type { Kysely } from 'kysely';
import type { Binding, Seal } from '../../adapters/envelope/port.ts';
import type { ObjectStorage } from '../../adapters/s3/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** What object stores need of the rest; main/agent puts it together. */
export interface ObjectsDeps {
  readonly db: Kysely<Database>;
  readonly provider: ObjectStorage;
  readonly seal: Seal;
  /** Opens what is sealed to the project's key. */
  readonly open: (projectId: string, binding: Binding, sealed: string) => Promise<Outcome<Secret>>;
}
