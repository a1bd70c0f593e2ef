import type { Generated } from 'kysely';
import type { JsonDefault, Role, Time, TimeDefault, TimeNull } from '../schema.ts';

/** Accounts of people: 0030_accounts.sql. */
export interface AccountsTables {
  account_passwords: { account_id: string; hash: string; changed_at: TimeDefault };
  totp_factors: {
    account_id: string;
    seed: Uint8Array | null;
    pending: Uint8Array | null;
    created_at: TimeDefault;
    confirmed_at: TimeNull;
    last_step: number | null;
  };
  recovery_codes: { hash: Uint8Array; account_id: string; created_at: TimeDefault; used_at: TimeNull };
  passkeys: {
    id: string;
    account_id: string;
    name: string;
    public_key: Uint8Array;
    counter: number;
    transports: JsonDefault<string[]>;
    created_at: TimeDefault;
    last_used_at: TimeNull;
  };
  spent_challenges: { hash: Uint8Array; expires_at: Time };
  sessions: {
    id: string;
    account_id: string;
    hash: Uint8Array;
    level: number;
    kind: 'web' | 'cli';
    device: string;
    source_address: string | null;
    network: string;
    created_at: TimeDefault;
    last_seen_at: TimeDefault;
    expires_at: Time;
    factor_at: TimeNull;
    factor: 'totp' | 'recovery' | 'passkey' | 'device' | null;
    revoked_at: TimeNull;
  };
  device_logins: {
    id: string;
    device_hash: Uint8Array;
    code_hash: Uint8Array;
    device: string;
    source_address: string | null;
    network: string;
    created_at: TimeDefault;
    expires_at: Time;
    polled_at: TimeNull;
    approved_by: string | null;
    denied_at: TimeNull;
    taken_at: TimeNull;
  };
  invitations: {
    id: string;
    organization_id: string;
    email: string;
    role: Role;
    hash: Uint8Array;
    invited_by: string;
    created_at: TimeDefault;
    expires_at: Time;
    used_at: TimeNull;
    used_by: Generated<string | null>;
    revoked_at: TimeNull;
  };
  project_moves: {
    id: string;
    project_id: string;
    organization_id: string;
    project_name: string;
    from_organization: string;
    to_organization: string;
    requested_by: string;
    created_at: TimeDefault;
    expires_at: Time;
    accepted_at: TimeNull;
    accepted_by: Generated<string | null>;
    cancelled_at: TimeNull;
  };
  deploy_tokens: {
    id: string;
    organization_id: string;
    project_id: string;
    name: string;
    hash: Uint8Array;
    created_by: string;
    created_at: TimeDefault;
    expires_at: Time;
    last_used_at: TimeNull;
    revoked_at: TimeNull;
    /** The rule that it was exchanged under. */
    trust_id: Generated<string | null>;
  };
}
