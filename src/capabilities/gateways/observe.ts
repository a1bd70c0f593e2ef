import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { GatewaysDeps } from './deps.ts';
import type { LiveGrant } from './plan/open.ts';
import type { GrantFacts } from './plan.ts';
import * as store from './store.ts';

/** A database's name inside its server, as the database capability makes it. */
const innerName = (name: string): string => name.replaceAll('-', '_');

export async function observeGrant(
  deps: Pick<GatewaysDeps, 'db' | 'prepared'>,
  id: string,
): Promise<GrantFacts | undefined> {
  const row = await store.grantFacts(deps.db, id);
  if (!row) return undefined;
  return {
    id,
    gateway: row.gateway,
    databaseId: row.database_id,
    databaseReady: row.database_status === 'ready',
    role: row.role,
    verifier: row.verifier,
    source: row.address,
    until: row.until.getTime(),
    roleMade: row.role_made_at !== null,
    opened: row.opened_at !== null,
    endRequested: row.end_requested_at !== null,
    unrouted: row.unrouted_at !== null,
    closed: row.closed_at !== null,
    prepared: await deps.prepared(row.gateway),
  };
}

export async function observeLive(deps: Pick<GatewaysDeps, 'db'>): Promise<readonly LiveGrant[]> {
  return (await store.liveGrants(deps.db)).map((row) => ({
    id: row.id,
    gateway: row.gateway,
    databaseId: row.database_id,
    inner: innerName(row.database),
    databaseReady: row.database_status === 'ready',
    role: row.role,
    verifier: row.verifier,
    source: row.address,
    until: row.until.getTime(),
    roleMade: row.role_made_at !== null,
    endRequested: row.end_requested_at !== null,
  }));
}

/** The published port of every database that runs. */
export async function observePorts(
  deps: Pick<GatewaysDeps, 'engine'>,
): Promise<Outcome<ReadonlyMap<string, number>>> {
  const tasks = await deps.engine.tasks({});
  if (isRefusal(tasks)) return tasks;
  return new Map(
    tasks.flatMap(({ labels, state, wantedState, publishedPort }) => {
      const id = labels['bastide.database'];
      const runs = state === 'running' && wantedState === 'running';
      return id && runs && publishedPort ? [[id, publishedPort] as const] : [];
    }),
  );
}
