import type { GatewayRoute } from '../../../adapters/pgbouncer/port.ts';
import type { Millis } from '../../../kernel/time.ts';
import type { OpenEntry } from '../../network/model.ts';
import { GATEWAY_PORTS, type GatewayName } from '../model.ts';

/** A grant that has its credential and is not closed. */
export interface LiveGrant {
  readonly id: string;
  readonly gateway: GatewayName;
  readonly databaseId: string;
  /** Name of the database inside its server. */
  readonly inner: string;
  readonly databaseReady: boolean;
  readonly role: string;
  readonly verifier: string;
  readonly source: string;
  readonly until: Millis;
  readonly roleMade: boolean;
  readonly endRequested: boolean;
}

export interface Open {
  readonly routes: Readonly<Record<GatewayName, readonly GatewayRoute[]>>;
  readonly entries: readonly OpenEntry[];
  /** Ids of the grants that these are. */
  readonly grants: readonly string[];
}

/** Whether a grant lets anybody in now. */
export const isOpen = (grant: LiveGrant, now: Millis): boolean =>
  grant.roleMade && !grant.endRequested && grant.databaseReady && grant.until > now;

/** PURE. What is open now: from the grants and the ports at which databases listen, and from nothing else. */
export function planOpenNow(
  grants: readonly LiveGrant[],
  portOf: (databaseId: string) => number | undefined,
  host: string,
  now: Millis,
): Open {
  const open = grants.flatMap((grant) => {
    const port = isOpen(grant, now) ? portOf(grant.databaseId) : undefined;
    return port === undefined ? [] : [{ grant, port }];
  });
  const routes = (gateway: GatewayName): GatewayRoute[] =>
    open
      .filter(({ grant }) => grant.gateway === gateway)
      .map(({ grant, port }) => ({
        user: grant.role,
        verifier: grant.verifier,
        source: grant.source,
        until: new Date(grant.until).toISOString(),
        backend: { host, port, database: grant.inner },
      }));
  return {
    routes: { postgres: routes('postgres'), mysql: routes('mysql') },
    entries: open.map(({ grant }) => ({ port: GATEWAY_PORTS[grant.gateway], source: grant.source })),
    grants: open.map(({ grant }) => grant.id),
  };
}

const same = (a: OpenEntry, b: OpenEntry): boolean => a.port === b.port && a.source === b.source;

/** PURE. What was open and stays open: the firewall between an old state and a new one. */
export const stays = (before: readonly OpenEntry[], after: readonly OpenEntry[]): readonly OpenEntry[] =>
  before.filter((one) => after.some((other) => same(one, other)));
