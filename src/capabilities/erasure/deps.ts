import type { Kysely } from 'kysely';
import type { Engine } from '../../adapters/docker/port.ts';
import type { RootKeys } from '../../adapters/envelope/port.ts';
import type { RecordSigner } from '../../adapters/signer/records.ts';
import type { Database } from '../../db/schema.ts';

/** What erasure works with; main/agent puts it together. */
export interface ErasureDeps {
  readonly db: Kysely<Database>;
  readonly engine: Pick<
    Engine,
    'services' | 'serviceRemove' | 'containers' | 'containerRemove' | 'networks' | 'images' | 'imageRemove'
  >;
  /** Root directory of the registry's files. */
  readonly registryData: string;
  readonly places: {
    /** Source archives, by the upload's id. */
    readonly uploads: string;
    /** Unfinished builds, by the build's id. */
    readonly builds: string;
    /** Layer caches: `<projectId>.<slot>.<key>.img`. */
    readonly caches: string;
    /** Finished exports, by their id. */
    readonly exports: string;
  };
  /** Whether the project's encrypted image is there. */
  readonly storageExists: (projectId: string) => Promise<boolean>;
  readonly signer: RecordSigner;
  readonly roots: Pick<RootKeys, 'ids'>;
  /** The platform's host name: who signs. */
  readonly domain: string;
}
