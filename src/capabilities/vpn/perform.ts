import { alert, settle } from '../../engine/alert.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import { sleep } from '../../kernel/time.ts';
import type { VpnDeps } from './deps.ts';
import { observeVpn, type Wanted } from './observe.ts';
import { planVpn } from './plan.ts';
import * as store from './store.ts';

/** Milliseconds between two looks, and after one that came to nothing. */
const EVERY = 2000;
const AGAIN = 5000;
/** Steps that a plan can have, and more. */
const MOST = 8;
export const SYSTEM = 'system:vpn';

export interface VpnWorker {
  /** Brings the tunnel and the firewall to what the table says now. */
  sync(): Promise<Outcome<void>>;
  /** Keeps it so, until the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
}

/** The VPN's half of the agent. One per node. */
export function makeVpnWorker(deps: VpnDeps): VpnWorker {
  const { db, wireguard } = deps;
  let open = false;
  /** Whether an interface may be there that nothing is known of, as at the start. */
  let unknown = true;
  let told: boolean | undefined;
  let said = '';
  let noted: 'kernel' | 'userspace' | null | undefined;

  async function perform({ kind }: Step, { peers }: Wanted): Promise<Outcome<void>> {
    if (kind === 'raise') return wireguard.raise();
    if (kind === 'admit') return wireguard.admit(peers);
    if (kind === 'lower') return wireguard.lower();
    const wanted = kind === 'open';
    const done = await deps.open(wanted);
    if (!isRefusal(done)) open = wanted;
    return done;
  }

  /** Observes, plans and does the first step, until nothing is left. */
  async function settleAll(wanted: Wanted): Promise<Outcome<void>> {
    for (let left = MOST; left > 0; left -= 1) {
      const facts = await observeVpn(deps, wanted, open);
      if (isRefusal(facts)) return facts;
      const [next] = planVpn(facts);
      if (!next) {
        await noteCarrier(facts.seen?.carrier ?? null);
        return noteHandshakes(wanted, facts.seen?.peers ?? []);
      }
      const done = await perform(next, wanted);
      if (isRefusal(done)) return done;
    }
    throw new Error('the VPN does not become what it is to be');
  }

  async function noteCarrier(carrier: 'kernel' | 'userspace' | null): Promise<void> {
    if (carrier === noted) return;
    await store.noteState(db, carrier, null);
    noted = carrier;
  }

  async function noteHandshakes(
    { heard }: Wanted,
    peers: readonly { readonly publicKey: string; readonly handshakeAt: number | null }[],
  ): Promise<void> {
    for (const { publicKey, handshakeAt } of peers)
      if (handshakeAt !== null && handshakeAt > (heard.get(publicKey) ?? 0))
        await store.noteHandshake(db, publicKey, new Date(handshakeAt));
  }

  async function sync(): Promise<Outcome<void>> {
    const { closed_at, public_key } = await store.readVpn(db);
    const on = closed_at !== null;
    if (on !== told) {
      await deps.tell({ on });
      told = on;
    }
    const own = unknown ? await wireguard.publicKey() : public_key;
    if (isRefusal(own)) return own;
    if (own !== null && own !== public_key) await store.noteKey(db, own);
    const now = new Date(deps.now());
    const live = await store.livePeers(db);
    const rows = live.filter(({ expires_at }) => expires_at > now);
    if (rows.length < live.length) await store.endExpired(db, SYSTEM, now);
    if (rows.length === 0 && !open && !unknown) return;
    const done = await settleAll({
      publicKey: own ?? '',
      peers: rows.map((row) => ({ publicKey: row.public_key, address: row.address })),
      heard: new Map(rows.map((row) => [row.public_key, row.handshake_at?.getTime() ?? 0])),
    });
    if (!isRefusal(done)) unknown = false;
    return done;
  }

  /** Tells once of what is wrong, and once that it is over. */
  async function report(problem: string): Promise<void> {
    if (problem === said) return;
    said = problem;
    deps.log(problem ? `vpn: ${problem}` : 'vpn: all is well again');
    if (!problem) return settle(db, 'vpn_down', 'vpn');
    noted = undefined;
    await store.noteState(db, null, problem);
    await alert(db, {
      severity: 'critical',
      code: 'vpn_down',
      subject: 'vpn',
      message: `The VPN for operators is not as it should be: ${problem}`,
      next: 'Root on the server gets in all the same (bastide vpn:use --local). See docs/guide/vpn.md.',
    });
  }

  return {
    sync,
    async keep(signal) {
      while (!signal.aborted) {
        const result = await sync().catch((error: Error) => error);
        const failed = isRefusal(result) || result instanceof Error;
        await report(failed ? result.message : '').catch((error: Error) => deps.log(`vpn: ${error.message}`));
        await sleep(failed ? AGAIN : EVERY, signal);
      }
    },
  };
}
