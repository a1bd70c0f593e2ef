import type { Kysely } from 'kysely';
import type { RootKeys } from '../../adapters/envelope/port.ts';
import type { OpenId } from '../../adapters/openid/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Secret } from '../../kernel/secret.ts';

/** What the agent's half of access works with: it asks OpenID providers, which the API cannot. */
export interface AccessDeps {
  readonly db: Kysely<Database>;
  readonly openid: OpenId;
  readonly roots: RootKeys;
  /** What client secrets come under. */
  readonly accountsKey: Secret;
  readonly now: () => Date;
}
