import type { Kysely } from 'kysely';
import type { Wireguard } from '../../adapters/wireguard/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Millis } from '../../kernel/time.ts';

/** What the agent's half needs. */
export interface VpnDeps {
  readonly db: Kysely<Database>;
  readonly wireguard: Wireguard;
  /** Of the server's end: with its length. */
  readonly address: string;
  readonly port: number;
  /** Has both layers of the firewall know of it, or no longer. */
  readonly open: (wanted: boolean) => Promise<Outcome<void>>;
  /** Told, when that changes, whether the operators' plane is closed to the outside: for who looks at the machine. */
  readonly tell: (state: { readonly on: boolean }) => Promise<void>;
  readonly log: (line: string) => void;
  readonly now: () => Millis;
}
