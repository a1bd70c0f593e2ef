import type { LookupAddress } from 'node:dns';

export type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/**
 * The one way out: what the platform asks of other machines over HTTP. A name is looked up once, every address that
 * comes of it is judged, and the connection goes to what was judged: a second answer cannot differ. An address in place
 * of a name is judged too. Redirects are not followed.
 */
export interface Outside {
  readonly resolve: Resolve;
  /** Whether the platform may speak to this address at this port. */
  readonly permitted: (address: string, port: number) => boolean;
  /** Trusted instead of the machine's authorities; PEM. */
  readonly ca?: string;
}

/** Code of the error of a connection that was not made because of where it would have led. */
export const NOT_PERMITTED = 'BASTIDE_PRIVATE';
