import type { TenantDb } from '../../../db/transaction.ts';

/** An account with one membership and a new token of it; both are made where they are missing. */
export interface Admission {
  readonly account: string;
  /** The organization that it owns; null: the prober's own place on the platform's plane. */
  readonly organization: string | null;
  readonly now: Date;
}

/** What the program that serves the routes tells them: accounts and tokens are another capability's. */
export interface ControlsSettings {
  admit(db: TenantDb, admission: Admission): Promise<{ readonly accountId: string; readonly token: string }>;
  /** A new one-time token with the hash that is kept of it. */
  enrolmentToken(): { readonly token: string; readonly hash: Uint8Array };
  /** The hash of a token that has the right form. */
  enrolmentHash(token: string): Uint8Array | undefined;
}
