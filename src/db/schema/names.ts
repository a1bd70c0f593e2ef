import type { Time, TimeDefault, TimeNull } from '../schema.ts';

/** Names that were let go, and names that wait for their proof: 0075_names.sql. */
export interface NamesTables {
  /** By hashes: of the name, and of those above it. */
  held_names: { name: Uint8Array; above: Uint8Array[]; organization_id: string; held_until: Time };
  name_claims: {
    id: string;
    organization_id: string;
    app_id: string;
    host: string;
    created_at: TimeDefault;
    looked_at: TimeNull;
  };
}
