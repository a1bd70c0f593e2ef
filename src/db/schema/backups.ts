import type { ColumnType, Generated } from 'kysely';
import type { Failure, JsonDefault, JsonNull, Time, TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** Tables of 0013_backups.sql. */
export interface BackupsTables {
  vaults: {
    id: string;
    name: string;
    url: string;
    place: 'here' | 'elsewhere';
    ca: Null<string>;
    username: string;
    wrapped_password: Null<string>;
    status: Generated<'unknown' | 'ready' | 'unreachable' | 'full' | 'refusing'>;
    status_message: Null<string>;
    seen_at: TimeNull;
    facts: JsonDefault<Record<string, unknown>>;
    journal_seq: Generated<number>;
    created_at: TimeDefault;
    retired_at: TimeNull;
  };
  repositories: {
    id: string;
    organization_id: Null<string>;
    project_id: Null<string>;
    vault_id: string;
    generation: number;
    name: string;
    sealed_key: Null<string>;
    root_key_id: Null<string>;
    created_at: TimeDefault;
    ready_at: TimeNull;
    first_snapshot_at: TimeNull;
    succeeded_at: TimeNull;
    removed_at: TimeNull;
    structure_checked_at: TimeNull;
    data_part: Generated<number>;
    data_checked_at: TimeNull;
    bytes: Null<number>;
    /** 0059_survive.sql. */
    signed_from: TimeDefault;
  };
  backups: {
    id: string;
    organization_id: Null<string>;
    project_id: Null<string>;
    repository_id: string;
    operation_id: Null<string>;
    kind: 'dump' | 'base' | 'wal' | 'volume' | 'project' | 'platform' | 'registry';
    source_id: Null<string>;
    source_name: string;
    engine: Null<string>;
    reason: 'schedule' | 'request' | 'safety';
    snapshot_id: string;
    bytes: number;
    added_bytes: Null<number>;
    manifest: JsonDefault<unknown>;
    wal: JsonNull<{ segment: string; last?: string; incarnation: number }>;
    started_at: Time;
    taken_at: Time;
    signature: string;
    checked_at: TimeNull;
    restored_at: TimeNull;
    verdict: Generated<'unproven' | 'sound' | 'broken' | 'missing'>;
    verdict_message: Null<string>;
    smoke: Null<'holds' | 'fails'>;
    /** 0059_survive.sql. */
    listed_at: TimeNull;
    adopted_at: TimeNull;
  };
  verifications: {
    id: string;
    organization_id: Null<string>;
    project_id: Null<string>;
    repository_id: string;
    backup_id: Null<string>;
    operation_id: Null<string>;
    kind: 'structure' | 'data' | 'restore';
    started_at: Time;
    finished_at: Time;
    verdict: 'sound' | 'broken' | 'inconclusive';
    message: Null<string>;
    detail: JsonDefault<Record<string, unknown>>;
  };
  /** 0019_announced.sql. */
  announced_attempts: {
    id: string;
    vault_id: string;
    repository_id: string;
    method: string;
    path: string;
    announced_at: TimeDefault;
    spent_at: TimeNull;
  };
  /** 0018_downloads_and_smoke.sql. */
  backup_downloads: {
    id: string;
    organization_id: string;
    project_id: string;
    backup_id: string;
    status: Generated<'pending' | 'ready' | 'failed' | 'gone'>;
    requested_by: string;
    recipient: string;
    bytes: Null<number>;
    sha256: Null<string>;
    created_at: TimeDefault;
    ready_at: TimeNull;
    expires_at: TimeNull;
  };
  wal_positions: {
    database_id: string;
    repository_id: string;
    organization_id: string;
    project_id: string;
    incarnation: number;
    segment: Null<string>;
    snapshot_id: Null<string>;
    covers_until: TimeNull;
    shipped_at: TimeNull;
    failures: Generated<number>;
    failure: JsonNull<Failure>;
  };
  backup_policies: {
    source_id: string;
    organization_id: string;
    project_id: string;
    every_hours: Null<number>;
    at_minute: Null<number>;
    smoke_query: Null<string>;
    updated_at: TimeDefault;
  };
  alerts: {
    id: string;
    organization_id: Null<string>;
    project_id: Null<string>;
    severity: 'warning' | 'critical';
    code: string;
    subject: string;
    message: string;
    next: string;
    detail: JsonDefault<Record<string, unknown>>;
    first_at: TimeDefault;
    last_at: TimeDefault;
    times: Generated<number>;
    acknowledged_at: TimeNull;
    acknowledged_by: Null<string>;
    resolved_at: TimeNull;
  };
}
