import type { ColumnType } from 'kysely';

type TimeDefault = ColumnType<Date, Date | string | undefined, Date | string>;
type TimeNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** 0055_staff_access.sql. */
export interface StaffTables {
  staff_grants: {
    id: string;
    organization_id: string;
    project_id: string;
    kind: 'consent' | 'break-glass';
    scopes: ('logs' | 'run' | 'database')[];
    reason: string;
    seconds: number;
    requested_by: string;
    requested_name: string;
    requested_at: TimeDefault;
    expires_at: TimeDefault;
    decision: Null<'approved' | 'declined'>;
    decided_by: Null<string>;
    decided_name: Null<string>;
    decided_at: TimeNull;
    until: TimeNull;
    ended_at: TimeNull;
    end_reason: Null<'ended' | 'revoked' | 'given-back' | 'withdrawn' | 'moved' | 'no-operator'>;
    ended_by: Null<string>;
    review: Null<string>;
    reviewed_by: Null<string>;
    reviewed_name: Null<string>;
    reviewed_at: TimeNull;
  };
}
