import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { OpenEntry } from '../network/model.ts';
import type { GatewaysDeps } from './deps.ts';
import { GatewayName } from './model.ts';
import { observeLive, observePorts } from './observe.ts';
import { type Open, planOpenNow, stays } from './plan/open.ts';
import * as store from './store.ts';

/**
 * Brings firewall and gateways to what is open now. One at a time, whoever asks: first the firewall lets go of who is to
 * stay out, then the gateways follow, then the firewall lets in who is new.
 */
export function makeSync(deps: GatewaysDeps) {
  let queue: Promise<unknown> = Promise.resolve();
  /** Who is let in by the firewall as far as we know; nobody after our start. */
  let admitted: readonly OpenEntry[] = [];
  /** Whether gateways may be running that nothing is known of. */
  let unknown = true;

  async function admit(entries: readonly OpenEntry[]): Promise<Outcome<void>> {
    if (JSON.stringify(entries) === JSON.stringify(admitted)) return;
    const done = await deps.admit(entries);
    if (!isRefusal(done)) admitted = entries;
    return done;
  }

  async function follow(open: Open): Promise<Outcome<void>> {
    const tls = await deps.tls();
    if (isRefusal(tls)) return tls;
    for (const name of GatewayName.options) {
      const done = await deps.gateways[name].apply({ ...tls, routes: open.routes[name] });
      if (isRefusal(done)) return done;
    }
  }

  async function once(): Promise<Outcome<Open>> {
    const grants = await observeLive(deps);
    if (grants.length === 0 && admitted.length === 0 && !unknown) return nothingOpen;
    const ports = await observePorts(deps);
    // An engine that does not answer closes nothing by itself: the firewall does it with what the clock says.
    const portOf = (id: string) => (isRefusal(ports) ? undefined : ports.get(id));
    const open = planOpenNow(grants, portOf, deps.host, deps.now());
    // Whoever guessed too often waits outside; what is open to him opens again by itself.
    const waiting = await deps.guesses.blocked();
    const entries = open.entries.filter(({ source }) => !waiting.has(source));
    const closed = await admit(stays(admitted, entries));
    if (isRefusal(closed)) return closed;
    if (isRefusal(ports)) return ports;
    const followed = await follow(open);
    if (isRefusal(followed)) return followed;
    unknown = false;
    const opened = await admit(entries);
    if (isRefusal(opened)) return opened;
    await store.markRouted(deps.db, open.grants);
    return open;
  }

  return (): Promise<Outcome<Open>> => {
    const mine = queue.then(once);
    queue = mine.catch(() => {});
    return mine;
  };
}

const nothingOpen: Open = { routes: { postgres: [], mysql: [] }, entries: [], grants: [] };
