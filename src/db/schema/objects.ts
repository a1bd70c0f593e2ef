import type { ColumnType, Generated } from 'kysely';
import type { JsonDefault, TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** Tables of object stores (0021_objects.sql). */
export interface ObjectsTables {
  object_stores: {
    id: string;
    organization_id: string;
    project_id: string;
    name: string;
    endpoint: string;
    region: string;
    bucket: string;
    credential: Generated<number>;
    access: Null<'list' | 'limited'>;
    checked_at: TimeNull;
    created_at: TimeDefault;
  };
  object_credentials: {
    store_id: string;
    organization_id: string;
    generation: number;
    access_key_id: string;
    sealed: string;
    created_at: TimeDefault;
  };
  object_attachments: {
    id: string;
    organization_id: string;
    store_id: string;
    app_id: string;
    main: boolean;
    credential: Generated<number>;
    release_operation: Null<string>;
    variables: JsonDefault<string[]>;
    detaching: Generated<boolean>;
    created_at: TimeDefault;
  };
}
