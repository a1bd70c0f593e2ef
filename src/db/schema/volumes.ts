import type { ColumnType, Generated } from 'kysely';
import type { TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** Tables of encrypted storage (0011_storage.sql). */
export interface VolumesTables {
  project_storage: {
    project_id: string;
    organization_id: string;
    size_bytes: Generated<number>;
    sealed_key: Null<string>;
    key_id: Null<string>;
    state: Generated<'none' | 'ready' | 'locked'>;
    used_bytes: Null<number>;
    seen_at: TimeNull;
    created_at: TimeDefault;
  };
  storage_rekeys: {
    project_id: string;
    organization_id: string;
    sealed: string;
    key_id: Null<string>;
    created_at: TimeDefault;
  };
  volumes: {
    id: string;
    organization_id: string;
    project_id: string;
    name: string;
    state: Generated<'pending' | 'ready'>;
    created_at: TimeDefault;
    deleted_at: TimeNull;
  };
  volume_mounts: { volume_id: string; app_id: string; organization_id: string; path: string };
}
