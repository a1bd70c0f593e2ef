import type { ColumnType, Generated } from 'kysely';
import type { TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** Tables of keys (0010_keys.sql). */
export interface KeysTables {
  project_keys: {
    project_id: string;
    generation: Generated<number>;
    recipient: string;
    key_id: string;
    /** null: destroyed. */
    wrapped: Null<Uint8Array>;
    root_key_id: string;
    created_at: TimeDefault;
    superseded_at: TimeNull;
    compromised_at: TimeNull;
    destroyed_at: TimeNull;
    reason: Null<string>;
    operation_id: Null<string>;
  };
  root_keys: {
    id: string;
    created_at: TimeDefault;
    superseded_at: TimeNull;
    compromised_at: TimeNull;
    destroyed_at: TimeNull;
    reason: Null<string>;
    operation_id: Null<string>;
  };
}
