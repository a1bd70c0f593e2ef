import type { ColumnType, Generated } from 'kysely';
import type { JsonNull, Time, TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** Tables of exports and erasures (0015_erasure.sql). */
export interface ErasureTables {
  erasures: {
    id: string;
    organization_id: string;
    project_id: string;
    project_name: string;
    status: Generated<'waiting' | 'erasing' | 'done' | 'cancelled'>;
    requested_by: string;
    reason: Null<string>;
    requested_at: TimeDefault;
    erase_after: Time;
    cancelled_at: TimeNull;
    cancelled_by: Null<string>;
    began_at: TimeNull;
    finished_at: TimeNull;
    inventory: JsonNull<unknown>;
    certificate: Null<string>;
    signature: Null<string>;
    public_key: Null<string>;
  };
  exports: {
    id: string;
    organization_id: string;
    project_id: string;
    status: Generated<'pending' | 'ready' | 'failed' | 'gone'>;
    requested_by: string;
    recipient: Null<string>;
    bytes: Null<number>;
    sha256: Null<string>;
    manifest: JsonNull<unknown>;
    created_at: TimeDefault;
    ready_at: TimeNull;
    expires_at: TimeNull;
  };
}
