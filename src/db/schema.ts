import type { ColumnType, Generated } from 'kysely';
import type { AccountsTables } from './schema/accounts.ts';
import type { AuditTables } from './schema/audit.ts';
import type { BackupsTables } from './schema/backups.ts';
import type { ControlsTables } from './schema/controls.ts';
import type { DatabasesTables } from './schema/databases.ts';
import type { ErasureTables } from './schema/erasure.ts';
import type { GatewayTables } from './schema/gateways.ts';
import type { KeysTables } from './schema/keys.ts';
import type { MailTables } from './schema/mail.ts';
import type { NamesTables } from './schema/names.ts';
import type { ObjectsTables } from './schema/objects.ts';
import type { QuotasTables } from './schema/quotas.ts';
import type { SshTables } from './schema/ssh.ts';
import type { SsoTables } from './schema/sso.ts';
import type { StaffTables } from './schema/staff.ts';
import type { TerminalsTables } from './schema/terminals.ts';
import type { ThrottlesTables } from './schema/throttles.ts';
import type { VolumesTables } from './schema/volumes.ts';
import type { VpnTables } from './schema/vpn.ts';

/** Written as JSON text (`JSON.stringify`), read as a value. */
export type Json<T> = ColumnType<T, string, string>;
export type JsonDefault<T> = ColumnType<T, string | undefined, string>;
export type JsonNull<T> = ColumnType<T | null, string | null | undefined, string | null>;
export type Time = ColumnType<Date, Date | string, Date | string>;
export type TimeDefault = ColumnType<Date, Date | string | undefined, Date | string>;
export type TimeNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Seq = ColumnType<number, never, never>;
type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** What a refusal looks like in a row (Refusal.toJSON). */
export interface Failure {
  code: string;
  message: string;
  next: string;
  details?: Record<string, unknown>;
}

export interface Database
  extends AccountsTables,
    AuditTables,
    ErasureTables,
    KeysTables,
    MailTables,
    NamesTables,
    QuotasTables,
    VolumesTables,
    ObjectsTables,
    BackupsTables,
    GatewayTables,
    SshTables,
    ControlsTables,
    StaffTables,
    SsoTables,
    DatabasesTables,
    TerminalsTables,
    ThrottlesTables,
    VpnTables {
  organizations: { id: string; name: string; created_at: TimeDefault; domain_token: Generated<string> };
  projects: {
    id: string;
    organization_id: string;
    name: string;
    key_recipient: Null<string>;
    request_limit: Generated<number>;
    suspended_at: TimeNull;
    created_at: TimeDefault;
  };
  apps: {
    id: string;
    organization_id: string;
    project_id: string;
    name: string;
    slot: Generated<number | null>;
    formation: JsonDefault<Record<string, number>>;
    maintenance: Generated<boolean>;
    health_path: Generated<string>;
    body_limit: Generated<number>;
    created_at: TimeDefault;
    deleted_at: TimeNull;
  };
  config_vars: {
    app_id: string;
    organization_id: string;
    name: string;
    sealed: string;
    secret: boolean;
    updated_at: TimeDefault;
  };
  domains: {
    id: string;
    organization_id: string;
    app_id: string;
    host: string;
    kind: 'platform' | 'custom';
    created_at: TimeDefault;
    /** When the organization's record was seen in the name's zone. */
    proven_at: TimeNull;
  };
  certificates: {
    host: string;
    issuer: 'internal' | 'acme';
    not_before: Time;
    not_after: Time;
    fingerprint: string;
    last_error: Null<string>;
    tried_at: TimeDefault;
  };
  builds: {
    id: string;
    organization_id: string;
    app_id: string;
    operation_id: string;
    source: Json<unknown>;
    status: Generated<'pending' | 'running' | 'succeeded' | 'failed'>;
    stack: Null<string>;
    repository: Null<string>;
    digest: Null<string>;
    attestation: JsonNull<unknown>;
    manifest: JsonNull<unknown>;
    created_at: TimeDefault;
    finished_at: TimeNull;
  };
  releases: {
    id: string;
    organization_id: string;
    app_id: string;
    version: number;
    build_id: string;
    repository: string;
    digest: string;
    processes: Json<Record<string, { command: string[] | null }>>;
    phase: JsonNull<string[]>;
    config: Json<Record<string, { sealed: string; secret: boolean }>>;
    cron: JsonDefault<{ schedule: string; command: string[] }[]>;
    health_path: string;
    health_seconds: Null<number>;
    smoke: JsonDefault<Record<string, string>>;
    description: string;
    status: Generated<'pending' | 'live' | 'superseded' | 'failed'>;
    traffic: Generated<'none' | 'candidate' | 'live' | 'draining'>;
    failure: JsonNull<Failure>;
    last_lines: JsonNull<Record<string, string[]>>;
    created_by: string;
    created_at: TimeDefault;
    phase_done_at: TimeNull;
    live_at: TimeNull;
    operation_id: string;
  };
  operations: {
    id: string;
    organization_id: Null<string>;
    project_id: Null<string>;
    app_id: Null<string>;
    kind: string;
    target: string;
    input: JsonDefault<unknown>;
    status: Generated<OperationStatus>;
    requested_by: string;
    reason: Null<string>;
    request_id: Null<string>;
    attempts: Generated<number>;
    agent: Null<string>;
    heartbeat_at: TimeNull;
    cancel_requested_at: TimeNull;
    requested_at: TimeDefault;
    started_at: TimeNull;
    finished_at: TimeNull;
    failure: JsonNull<Failure>;
    result: JsonNull<unknown>;
    /** Asked for by staff under this grant. */
    grant_id: Null<string>;
  };
  operation_steps: {
    operation_id: string;
    seq: number;
    capability: string;
    kind: string;
    key: string;
    summary: string;
    status: 'started' | 'done' | 'failed';
    started_at: TimeDefault;
    finished_at: TimeNull;
    failure: JsonNull<Failure>;
  };
  operation_log: { seq: Seq; operation_id: string; at: TimeDefault; source: string; line: string };
  stream_chunks: {
    seq: Seq;
    operation_id: string;
    direction: 'input' | 'output';
    at: TimeDefault;
    source: string;
    data: string;
  };
  audit_log: {
    seq: Seq;
    at: TimeDefault;
    actor: string;
    action: string;
    target: string;
    organization_id: Null<string>;
    outcome: 'allowed' | 'denied' | 'started' | 'done' | 'failed';
    reason: Null<string>;
    source_address: Null<string>;
    request_id: Null<string>;
    operation_id: Null<string>;
    detail: JsonDefault<unknown>;
    /** Of the personal fields' HMACs; null once they are erased. */
    salt: ColumnType<Uint8Array | null, never, never>;
    erased_by: ColumnType<number | null, never, never>;
  };
  accounts: {
    id: string;
    name: string;
    email: Null<string>;
    /** An address that an operator took from it. */
    email_released: Null<string>;
    created_at: TimeDefault;
    disabled_at: TimeNull;
  };
  memberships: { account_id: string; organization_id: string | null; role: Role; since: TimeDefault };
  api_tokens: {
    id: string;
    account_id: string;
    name: string;
    hash: Uint8Array;
    created_at: TimeDefault;
    expires_at: Time;
    last_used_at: TimeNull;
    revoked_at: TimeNull;
    /** null: all that the account may. */
    actions: Null<string[]>;
    projects: Null<string[]>;
  };
  bootstrap_tokens: { hash: Uint8Array; expires_at: Time; used_at: TimeNull };
  replicas: {
    task_id: string;
    organization_id: string;
    app_id: string;
    process: string;
    version: number;
    state: string;
    error: Null<string>;
    since: Time;
    seen_at: TimeDefault;
  };
  stack_versions: {
    name: string;
    version: string;
    manifest_digest: string;
    diff_ids: Json<string[]>;
    packages: number;
    built_at: Time;
  };
  nodes: { id: string; name: string; address: string; facts: JsonDefault<unknown>; seen_at: TimeDefault };
  uploads: {
    id: string;
    organization_id: string;
    app_id: string;
    bytes: number;
    sha256: string;
    created_by: string;
    created_at: TimeDefault;
  };
  cron_runs: { app_id: string; job: string; due_at: Time; operation_id: string };
}

export type OperationStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export type Role =
  | 'owner'
  | 'admin'
  | 'developer'
  | 'viewer'
  | 'auditor'
  | 'operator'
  | 'security-officer'
  | 'platform-auditor'
  | 'prober';
