import type { Kysely } from 'kysely';
import type { DatabaseEngine, EngineName, Session } from '../../adapters/databases/port.ts';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Binding } from '../../adapters/envelope/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** What exports work with; main/agent puts it together. */
export interface ExportsDeps {
  readonly db: Kysely<Database>;
  /** Directory of the finished ones; `reader` may read them. */
  readonly dir: string;
  readonly reader: number;
  readonly registryData: string;
  readonly engine: Pick<Engine, 'services' | 'logs'>;
  readonly engines: ReadonlyMap<EngineName, DatabaseEngine>;
  readonly session: (databaseId: string) => Promise<Outcome<Session>>;
  readonly open: (projectId: string, binding: Binding, sealed: string) => Promise<Outcome<Secret>>;
  /** Where a volume's files are, while the project's storage is open; undefined while it is locked. */
  readonly volume: (projectId: string, volumeId: string) => Promise<string | undefined>;
  readonly domain: string;
}
