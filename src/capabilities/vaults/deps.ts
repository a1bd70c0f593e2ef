import type { Kysely } from 'kysely';
import type { RootKeys } from '../../adapters/envelope/port.ts';
import type { VaultClient } from '../../adapters/vault/port.ts';
import type { Database } from '../../db/schema.ts';

/** What vaults work with; main/agent/ puts it together. */
export interface VaultsDeps {
  readonly db: Kysely<Database>;
  readonly client: VaultClient;
  readonly roots: RootKeys;
}
