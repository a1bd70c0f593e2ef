import type { Kysely } from 'kysely';
import type { Acme } from '../../adapters/acme/port.ts';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Edge } from '../../adapters/haproxy/port.ts';
import type { LookupTxt } from '../../adapters/outbound/txt.ts';
import type { Pki } from '../../adapters/pki/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Watch } from '../../engine/watch.ts';
import type { EdgePlatform } from './plan.ts';

/** What the edge capability needs of the rest; main/agent.ts puts it together. */
export interface EdgeDeps {
  readonly db: Kysely<Database>;
  readonly engine: Engine;
  readonly edge: Edge;
  /** The authority for names that no public one vouches for. */
  readonly pki: Pki;
  /** Without it every name gets its certificate from `pki`. */
  readonly acme?: Acme;
  /** Asks the name servers, for the records that prove a name. */
  readonly txt: LookupTxt;
  /** The platform's own domain, for example `bastide.localhost`. */
  readonly domain: string;
  /** The platform's API behind the edge; also a name that needs a certificate. */
  readonly platform?: EdgePlatform;
  /** Where certificates and their keys are kept on this node, 0600. */
  readonly certificates: string;
  /** The address on which the node's task ports listen. */
  readonly addressOf: (nodeId: string) => string | undefined;
  /** Problems and changes, for the agent's log. */
  readonly log: (line: string) => void;
  /** Rings when a task or a route may have changed. */
  readonly watch: Watch;
  readonly now?: () => number;
}
