import type { Generated } from 'kysely';
import type { JsonNull, Time, TimeDefault, TimeNull } from '../schema.ts';

/** Sign-in at OpenID providers: 0070_sso.sql; trust in CI platforms: 0071_ci_trust.sql. */
export interface SsoTables {
  sso_providers: {
    id: string;
    name: string;
    issuer: string;
    client_id: string;
    ca: string | null;
    sent_secret: Uint8Array | null;
    wrapped_secret: Generated<string | null>;
    metadata: JsonNull<Record<string, unknown>>;
    checked_at: TimeNull;
    checked_by: Generated<string | null>;
    failure: Generated<string | null>;
    created_by: string;
    created_at: TimeDefault;
  };
  sso_links: {
    provider_id: string;
    subject: string;
    account_id: string;
    created_at: TimeDefault;
    last_used_at: TimeNull;
  };
  sso_logins: {
    id: string;
    provider_id: string;
    key_hash: Uint8Array;
    account_id: string | null;
    network: string;
    redirect_uri: string;
    state: string;
    nonce: string;
    verifier: string;
    created_at: Time;
    expires_at: Time;
    code: Generated<string | null>;
    answer_iss: Generated<string | null>;
    answered_at: TimeNull;
    subject: Generated<string | null>;
    failure: Generated<string | null>;
    done_at: TimeNull;
    taken_at: TimeNull;
  };
  ci_issuers: {
    issuer: string;
    keys: JsonNull<{ keys: Record<string, unknown>[] }>;
    fetched_at: TimeNull;
    tried_at: TimeNull;
    tried_by: Generated<string | null>;
    wanted_at: TimeNull;
    failure: Generated<string | null>;
  };
  ci_trust: {
    id: string;
    organization_id: string;
    project_id: string;
    name: string;
    issuer: string;
    claims: JsonNull<Record<string, string>>;
    created_by: string;
    created_at: Time;
    expires_at: Time;
    last_used_at: TimeNull;
    revoked_at: TimeNull;
  };
  ci_seen: { hash: Uint8Array; expires_at: Time };
}
