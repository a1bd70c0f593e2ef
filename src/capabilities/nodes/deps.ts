import type { Engine } from '../../adapters/docker/port.ts';
import type { Runner } from '../../adapters/exec/port.ts';
import type { Firewall } from '../../adapters/nft/port.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { NodeSettings } from './model.ts';

export interface NodeDeps {
  readonly run: Runner;
  /** The engine at `settings.engineSocket`. */
  readonly engine: Engine;
  readonly firewall: Firewall;
  /** Brings the packet filter up (capability network): called before the engine starts and after it runs. */
  readonly ensureFirewall: () => Promise<Outcome<unknown>>;
  readonly settings: NodeSettings;
}

/** Progress, a line at a time. */
export type Log = (line: string) => void;
