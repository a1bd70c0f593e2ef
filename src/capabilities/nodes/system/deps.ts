import type { StackLayout } from '../../../adapters/buildah/port.ts';
import type { ContainerSpec, Engine } from '../../../adapters/docker/port.ts';
import type { Pki } from '../../../adapters/pki/port.ts';
import type { DatabaseAddress } from '../../../db/pool.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import type { Settings } from './settings.ts';
import type { Report } from './status.ts';

export const systemStacks = ['postgres', 'registry', 'edge', 'node'] as const;
export type SystemStack = (typeof systemStacks)[number];

/** What the edge container runs, from the edge's own adapter and capability. */
export interface EdgePart {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly mounts: ContainerSpec['mounts'];
  /** Changes when a file that HAProxy reads only at its start has changed. */
  readonly config: string;
}

/** Everything that the system project is made with. The agent's wiring gives the real ones. */
export interface SystemDeps {
  readonly engine: Engine;
  readonly settings: Settings;
  /** The registry's own authority. */
  readonly registryPki: Pki;
  /** Finds or builds a stack; `onLine` hears the building. */
  stack(name: SystemStack, onLine: (line: string) => void): Promise<Outcome<StackLayout>>;
  /** Directory whose content becomes /app of the API's image. */
  readonly apiBundle: string;
  /** Extra environment of the API. */
  readonly apiEnv: ContainerSpec['env'];
  /** Brings the database's schema up to date; gives the names of the migrations that ran. */
  migrate(owner: DatabaseAddress): Promise<readonly string[]>;
  /** Writes what HAProxy needs before its first start and says how it is started. */
  prepareEdge(): Promise<Outcome<EdgePart>>;
  /** Resolves when the edge answers. */
  edgeReady(): Promise<Outcome<void>>;
  readonly report: (report: Report) => void;
  readonly log: (line: string) => void;
}

/** Passwords and addresses that the agent's wiring needs afterwards. */
export interface SystemFacts {
  readonly database: DatabaseAddress;
}
