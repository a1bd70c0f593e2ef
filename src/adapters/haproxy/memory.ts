import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Edge, EdgeApplied, EdgeConfig, EdgeServerHealth } from './port.ts';
import { refuseConfig } from './render/check.ts';

export interface MemoryEdge extends Edge {
  /** What was applied last. */
  readonly config: () => EdgeConfig | undefined;
  /** What the checks of a server say from now on; without it every server is healthy (`HTTP 200`). */
  readonly setCheck: (server: string, check: string) => void;
  readonly setSessions: (server: string, sessions: number) => void;
}

/** A load balancer that only remembers. */
export function makeMemoryEdge(): MemoryEdge {
  let current: EdgeConfig | undefined;
  const checks = new Map<string, string>();
  const sessions = new Map<string, number>();
  /** Servers that are there, `slot/name`, also those that leave. */
  let there = new Set<string>();

  async function apply(config: EdgeConfig): Promise<Outcome<EdgeApplied>> {
    const refused = refuseConfig(config);
    if (isRefusal(refused)) return refused;
    const reloaded = current !== undefined && current.slots !== config.slots;
    const changes = JSON.stringify(current) === JSON.stringify(config) ? 0 : 1;
    const wanted = config.backends.flatMap(({ slot, servers }) =>
      servers.map(({ name }) => `${slot}/${name}`),
    );
    const leaving = config.backends.flatMap((b) => b.leaving.map((name) => `${b.slot}/${name}`));
    there = new Set([...wanted, ...leaving.filter((key) => there.has(key))]);
    current = structuredClone(config);
    return { changes, reloaded, leaving: 0 };
  }

  return {
    apply,
    async prepare(config) {
      const applied = await apply(config);
      if (isRefusal(applied)) return applied;
    },
    async health() {
      const health = (slot: number, name: string, state: EdgeServerHealth['state']): EdgeServerHealth => {
        const check = checks.get(name) ?? 'HTTP 200';
        return {
          slot,
          name,
          up: check === 'HTTP 200',
          state,
          check,
          currentSessions: sessions.get(name) ?? 0,
        };
      };
      return (current?.backends ?? []).flatMap(({ slot, servers, leaving }) => [
        ...servers.map(({ name, state }) => health(slot, name, state)),
        ...leaving
          .filter((name) => there.has(`${slot}/${name}`))
          .map((name) => health(slot, name, 'draining')),
      ]);
    },
    config: () => current,
    setCheck: (server, check) => checks.set(server, check),
    setSessions: (server, count) => sessions.set(server, count),
  };
}
