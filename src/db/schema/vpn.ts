import type { ColumnType, Generated } from 'kysely';
import type { Time, TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** The network that staff come in by: 0073_vpn.sql. */
export interface VpnTables {
  vpn: {
    one: Generated<boolean>;
    closed_at: TimeNull;
    closed_by: Null<string>;
    public_key: Null<string>;
    carrier: Null<'kernel' | 'userspace'>;
    problem: Null<string>;
  };
  vpn_peers: {
    id: string;
    name: string;
    public_key: string;
    address: string;
    enrolled_by: string;
    created_at: TimeDefault;
    expires_at: Time;
    ended_at: TimeNull;
    ended_because: Null<'revoked' | 'expired'>;
    ended_by: Null<string>;
    handshake_at: TimeNull;
  };
}
