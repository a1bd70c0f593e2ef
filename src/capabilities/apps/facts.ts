import type { Millis } from '../../kernel/time.ts';
import type { Process } from './model.ts';

/** What is true about one release, from the store and the engine. */
export interface ReleaseFacts {
  readonly id: string;
  readonly version: number;
  readonly status: 'pending' | 'live' | 'superseded' | 'failed';
  readonly traffic: 'none' | 'candidate' | 'live' | 'draining';
  readonly processes: Readonly<Record<string, Process>>;
  readonly hasPhase: boolean;
  readonly phaseDone: boolean;
  readonly liveAt: Millis | null;
  /** Seconds that it gets to be healthy; null: as many as every release. */
  readonly healthSeconds: number | null;
  /** Its image is in this node's engine. */
  readonly pulled: boolean;
}

export interface AppServiceFacts {
  readonly name: string;
  readonly process: string;
  readonly version: number;
  readonly replicas: number;
}

/** What the edge does with the web replicas of one version. */
export interface EdgeVersionFacts {
  readonly state: 'candidate' | 'ready' | 'draining' | 'maintenance';
  readonly up: number;
  readonly sessions: number;
}

export interface BuildFacts {
  readonly id: string;
  /** The source is there and read; then the stacks it needs are known. */
  readonly read: boolean;
  readonly missingStacks: readonly string[];
  readonly digest: string | null;
}

/** Everything the plan of an app looks at. */
export interface AppFacts {
  readonly app: {
    readonly id: string;
    readonly name: string;
    readonly projectId: string;
    readonly formation: Readonly<Record<string, number>>;
    readonly deleted: boolean;
    /** Its project stands still: nothing of it runs. */
    readonly suspended: boolean;
    /** It still has its backend at the edge. */
    readonly hasSlot: boolean;
  };
  readonly networkReady: boolean;
  /** Every host of the app has a certificate. */
  readonly certificatesReady: boolean;
  /** The build of this operation, if it has one. */
  readonly build: BuildFacts | null;
  /** The release that this operation makes. */
  readonly candidate: ReleaseFacts | null;
  readonly live: ReleaseFacts | null;
  readonly draining: readonly ReleaseFacts[];
  readonly services: readonly AppServiceFacts[];
  readonly edge: Readonly<Record<number, EdgeVersionFacts>>;
}
