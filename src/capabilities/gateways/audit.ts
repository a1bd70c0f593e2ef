import type { LogLine } from '../../adapters/docker/port.ts';
import { readRelayLine } from '../../adapters/mysql-relay/parse/log.ts';
import { type Attempts, readLine, settle } from '../../adapters/pgbouncer/parse.ts';
import type { Connection } from '../../adapters/pgbouncer/port.ts';
import type { GatewaysDeps } from './deps.ts';
import { GatewayName } from './model.ts';
import { auditLines } from './plan/connections.ts';
import * as store from './store.ts';

type Seen = Connection & { readonly at: string };

/** Milliseconds after which an attempt that nobody refused counts as a login: PgBouncer's own limit, and some. */
const SETTLED = 12_000;

/** Takes the gateways' logs over into the audit log, from where it was left, however often it is called. */
export function makeTaker({ db, engine, containers, guesses, now }: GatewaysDeps): () => Promise<void> {
  let attempts: Attempts = new Map();
  const cursors = new Map<GatewayName, string>();

  function read(name: GatewayName, line: LogLine): readonly Seen[] {
    if (name === 'mysql') {
      const seen = readRelayLine(line.text);
      return seen ? [seen] : [];
    }
    const next = readLine(attempts, line.text, line.at);
    attempts = next.attempts;
    return next.connections;
  }

  async function take(name: GatewayName): Promise<void> {
    const since = cursors.get(name) ?? (await store.readUntil(db, name));
    const seen: Seen[] = [];
    let until = since;
    for await (const line of engine.logs(
      { container: containers[name] },
      { follow: false, ...(since ? { since } : {}) },
    )) {
      // The engine's `since` is coarser than its times.
      if (since && line.at <= since) continue;
      until = line.at;
      seen.push(...read(name, line));
    }
    if (name === 'postgres') {
      const settled = settle(attempts, new Date(now() - SETTLED).toISOString());
      attempts = settled.attempts;
      seen.push(...settled.connections);
    }
    if (!until || (until === since && seen.length === 0)) return;
    const grants = seen.length > 0 ? await store.grantedLately(db, name) : [];
    await guesses.failed(
      seen.flatMap(({ kind, source }) => (kind === 'refused' && source ? [{ address: source }] : [])),
    );
    await store.takeOver(db, name, until, auditLines(name, seen, grants));
    cursors.set(name, until);
  }

  return async () => {
    for (const name of GatewayName.options) await take(name);
  };
}
