import type { EdgeApplied, EdgeConfig } from '../../../adapters/haproxy/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { EdgeDeps } from '../deps.ts';
import type { CertificateKeep } from '../keep.ts';
import { wantedConfig } from '../observe.ts';

/** Milliseconds after which everything is compared again, though nothing seems to have changed. */
const FULL = 30_000;

/**
 * Brings the edge to what is wanted. One at a time; who asks while one runs gets the next, which starts after and
 * so sees what the asker saw.
 */
export function makeSync(deps: EdgeDeps, keep: CertificateKeep, challenges: Map<string, string>) {
  let running: Promise<Outcome<EdgeApplied>> | undefined;
  let next: Promise<Outcome<EdgeApplied>> | undefined;
  let applied: { text: string; at: number; leaving: number } | undefined;
  const now = deps.now ?? Date.now;

  const wanted = (): Promise<Outcome<EdgeConfig>> =>
    wantedConfig(
      deps,
      keep,
      [...challenges].map(([token, keyAuthorization]) => ({ token, keyAuthorization })),
    );

  async function apply(config: EdgeConfig): Promise<Outcome<EdgeApplied>> {
    const result = await deps.edge.apply(config);
    applied = isRefusal(result)
      ? undefined
      : { text: JSON.stringify(config), at: now(), leaving: result.leaving };
    return result;
  }

  const once = async (): Promise<Outcome<EdgeApplied>> => {
    const config = await wanted();
    return isRefusal(config) ? config : apply(config);
  };

  function sync(): Promise<Outcome<EdgeApplied>> {
    if (next) return next;
    const start = (): Promise<Outcome<EdgeApplied>> => {
      next = undefined;
      running = once().finally(() => {
        running = undefined;
      });
      return running;
    };
    if (!running) return start();
    next = running.then(start, start);
    return next;
  }

  return {
    sync,
    /** Looks, and applies only what differs from the last time. Answers whether it did anything. */
    async follow(): Promise<Outcome<boolean>> {
      const config = await wanted();
      if (isRefusal(config)) return config;
      const same =
        applied?.text === JSON.stringify(config) && applied.leaving === 0 && now() - applied.at < FULL;
      if (same) return false;
      const result = await sync();
      return isRefusal(result) ? result : result.changes > 0;
    },
  };
}
export type Sync = ReturnType<typeof makeSync>;
