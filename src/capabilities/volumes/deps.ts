import type { Kysely } from 'kysely';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Binding, Seal } from '../../adapters/envelope/port.ts';
import type { EncryptedImages } from '../../adapters/fscrypt/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** What the volumes capability needs of the rest; main/agent puts it together. */
export interface VolumesDeps {
  readonly db: Kysely<Database>;
  readonly images: EncryptedImages;
  readonly engine: Pick<Engine, 'services' | 'tasks' | 'serviceScale'>;
  readonly seal: Seal;
  /** Opens what is sealed to the project's key. */
  readonly open: (projectId: string, binding: Binding, sealed: string) => Promise<Outcome<Secret>>;
}
