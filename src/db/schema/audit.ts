import type { ColumnType, Generated } from 'kysely';

type Time = ColumnType<Date, Date | string, Date | string>;
type TimeDefault = ColumnType<Date, Date | string | undefined, Date | string>;
type TimeNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

/** 0024_audit.sql and 0058_audit_policy.sql. */
export interface AuditTables {
  audit_unsealed: { seq: number };
  audit_leaves: {
    index: number;
    seq: number;
    hashes: Uint8Array;
    previous: Uint8Array;
    committed: ColumnType<Record<string, string>, string, never>;
    made_at: Time;
  };
  audit_checkpoints: { size: number; note: string; made_at: Time };
  audit_keys: { key: string; since: TimeDefault };
  audit_checks: {
    id: string;
    operation_id: string | null;
    at: TimeDefault;
    verdict: ColumnType<unknown, string, never>;
  };
  audit_outlets: {
    name: string;
    kind: 'witness' | 'syslog';
    position: Generated<number>;
    reached_at: TimeNull;
    failing_since: TimeNull;
    failure: ColumnType<string | null, string | null | undefined, string | null>;
    tested_by: ColumnType<string | null, string | null | undefined, string | null>;
    tested_at: TimeNull;
  };
  audit_retention: { one: Generated<boolean>; days: number; set_by: string; set_at: TimeDefault };
  audit_retirements: {
    through: number;
    before: Time;
    entries: number;
    statement: string;
    made_at: TimeDefault;
  };
  audit_forwards: {
    name: string;
    host: string;
    port: number;
    ca: ColumnType<string | null, string | null | undefined, never>;
    client_certificate: Generated<boolean>;
    private: Generated<boolean>;
    added_by: string;
    added_at: TimeDefault;
  };
}
