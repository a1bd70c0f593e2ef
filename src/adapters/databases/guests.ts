import type { Outcome } from '../../kernel/refusal.ts';
import type { Session } from './port.ts';

/** A user of a database for a while, for somebody who comes by a gateway. */
export interface Guest {
  readonly user: string;
  /** What the server keeps of the password; the password itself is nowhere near. */
  readonly verifier: string;
  /** ISO UTC. A server that can refuses the user afterwards by itself. */
  readonly until: string;
}

/**
 * Users with an end. They may do what every user of the database may, are not among its `users`, and the rotation of
 * credentials leaves them alone.
 */
export interface Guests {
  /** Makes the user or brings it to this. */
  set(session: Session, guest: Guest): Promise<Outcome<void>>;
  /** Ends its sessions and removes it; what it made stays. Gone already is fine. */
  drop(session: Session, user: string): Promise<Outcome<void>>;
}
