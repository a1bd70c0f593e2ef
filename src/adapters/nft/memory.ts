import type { Firewall, FirewallSpec, Layer } from './port.ts';

/** A packet filter that filters nothing, and the handle that takes a layer away behind its back. */
export interface MemoryFirewall extends Firewall {
  lose(layer: Layer): void;
  readonly layers: ReadonlyMap<Layer, FirewallSpec>;
}

export function makeMemoryFirewall(): MemoryFirewall {
  const layers = new Map<Layer, FirewallSpec>();
  const all: readonly Layer[] = ['nft', 'iptables'];
  const drift = (spec: FirewallSpec): Layer[] =>
    all.filter((layer) => JSON.stringify(layers.get(layer)) !== JSON.stringify(spec));
  return {
    layers,
    lose: (layer) => {
      layers.delete(layer);
    },
    drift: (spec) => Promise.resolve(drift(spec)),
    ensure: (spec) => {
      const changed = drift(spec);
      for (const layer of changed) layers.set(layer, spec);
      return Promise.resolve({ changed });
    },
    remove: () => {
      layers.clear();
      return Promise.resolve();
    },
    removeEngineRules: () => Promise.resolve(),
  };
}
