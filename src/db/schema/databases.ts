import type { ColumnType, Generated } from 'kysely';
import type { JsonDefault, JsonNull, TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

export interface DatabasesTables {
  databases: {
    id: string;
    organization_id: string;
    project_id: string;
    name: string;
    engine: 'postgres' | 'mariadb' | 'redis';
    version: string;
    plan: string;
    status: Generated<'creating' | 'ready' | 'suspended' | 'destroying' | 'destroyed'>;
    credential: Generated<number>;
    incarnation: Generated<number>;
    previous: JsonNull<{ incarnation: number; version: string }>;
    node: Null<string>;
    extensions: JsonDefault<string[]>;
    facts: JsonDefault<Record<string, unknown>>;
    seen_at: TimeNull;
    disk_bytes: Null<number>;
    disk_seen_at: TimeNull;
    writes_held: Generated<boolean>;
    forked_from: Null<string>;
    created_at: TimeDefault;
    destroyed_at: TimeNull;
  };
  database_credentials: {
    database_id: string;
    organization_id: string;
    generation: number;
    username: string;
    sealed: string;
    status: Generated<'active' | 'retiring' | 'dropped'>;
    created_at: TimeDefault;
  };
  database_attachments: {
    id: string;
    organization_id: string;
    database_id: string;
    app_id: string;
    main: boolean;
    credential: Generated<number>;
    release_operation: Null<string>;
    variables: JsonDefault<string[]>;
    detaching: Generated<boolean>;
    created_at: TimeDefault;
  };
}
