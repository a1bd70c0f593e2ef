import type { ColumnType, Generated } from 'kysely';

type Time = ColumnType<Date, Date | string, Date | string>;
type TimeDefault = ColumnType<Date, Date | string | undefined, Date | string>;
type TimeNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** 0050_ssh.sql. */
export interface SshTables {
  ssh_entries: {
    id: string;
    organization_id: string;
    project_id: string;
    sources: Generated<string[]>;
    until: Time;
    opened_by: string;
    reason: Null<string>;
    created_at: TimeDefault;
    end_requested_at: TimeNull;
    end_reason: Null<'closed' | 'ended' | 'failed'>;
    opened_at: TimeNull;
    closed_at: TimeNull;
  };
  ssh_certificates: {
    id: string;
    serial: ColumnType<number, never, never>;
    organization_id: string;
    project_id: string;
    app_id: string;
    account_id: string;
    account: string;
    role: string;
    public_key: string;
    seconds: number;
    until: Time;
    source_address: Null<string>;
    created_at: TimeDefault;
    revoked_at: TimeNull;
    revoked_by: Null<string>;
    certificate: Null<string>;
    hash: Null<Uint8Array>;
    known_hosts: Null<string>;
    withdrawn_at: TimeNull;
  };
  ssh_keys: {
    id: string;
    organization_id: string;
    project_id: string;
    name: string;
    public_key: string;
    hash: Uint8Array;
    created_by: string;
    created_at: TimeDefault;
    expires_at: Time;
    revoked_at: TimeNull;
    last_used_at: TimeNull;
  };
  ssh_sessions: {
    id: string;
    hash: Uint8Array;
    organization_id: string;
    project_id: string;
    app_id: string;
    entry_id: string;
    certificate_id: Null<string>;
    key_id: Null<string>;
    actor: string;
    command: string;
    source_address: Null<string>;
    created_at: TimeDefault;
    expires_at: Time;
    ended_at: TimeNull;
  };
  ssh_gateways: { hash: Uint8Array; created_at: TimeDefault };
  ssh_authorities: { id: string; operation_id: string; created_at: TimeDefault };
}
