import type { ColumnType } from 'kysely';

type Time = ColumnType<Date, Date | string, Date | string>;
type TimeDefault = ColumnType<Date, Date | string | undefined, Date | string>;
type TimeNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** 0014_gateways.sql. */
export interface GatewayTables {
  grants: {
    id: string;
    organization_id: string;
    project_id: string;
    database_id: string;
    gateway: 'postgres' | 'mysql';
    role: string;
    verifier: string;
    source: string;
    until: Time;
    opened_by: string;
    reason: Null<string>;
    created_at: TimeDefault;
    role_made_at: TimeNull;
    opened_at: TimeNull;
    end_requested_at: TimeNull;
    end_reason: Null<'closed' | 'ended' | 'failed' | 'database_gone'>;
    unrouted_at: TimeNull;
    closed_at: TimeNull;
  };
  gateway_cursors: { gateway: 'postgres' | 'mysql'; read_until: string };
}
