import type { Kysely } from 'kysely';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Relay } from '../../adapters/relay/port.ts';
import type { Database } from '../../db/schema.ts';

/** What terminals need of the rest; main/agent puts it together. */
export interface TerminalsDeps {
  readonly db: Kysely<Database>;
  readonly engine: Pick<Engine, 'execTerminal'>;
  readonly relay: Relay;
  /** Directory of recordings, on the platform's encrypted storage. */
  readonly recordings: string;
  /** Milliseconds: of nothing typed or shown, and until the person has come. */
  readonly idleMs: number;
  readonly joinMs: number;
}
