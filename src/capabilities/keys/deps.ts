import type { Kysely } from 'kysely';
import type { Keychain, RootKeys, Seal } from '../../adapters/envelope/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Request } from '../../engine/submit.ts';

/** What the keys capability works with; main/agent.ts puts it together. */
export interface KeysDeps {
  readonly db: Kysely<Database>;
  readonly keychain: Keychain;
  readonly roots: RootKeys;
  /** The root keys are given from outside and cannot be changed from here. */
  readonly given: boolean;
  readonly seal: Seal;
  /** Days after which a key is replaced. */
  readonly rotationDays: number;
  /** What other capabilities do when a project's key was compromised: operations of theirs, as data. */
  readonly afterRetire: (
    projectId: string,
  ) => Promise<readonly Pick<Request, 'kind' | 'target' | 'input' | 'projectId' | 'organizationId'>[]>;
}
