import { z } from 'zod';

/** Steps that bring a node's foundation up. Each is idempotent. */
export const NodeStep = {
  /** The user whose subordinate ids the containers' users are mapped to. */
  remapUser: z.object({}),
  address: z.object({ address: z.ipv4() }),
  sysctls: z.object({ values: z.record(z.string(), z.string()) }),
  files: z.object({ paths: z.array(z.string()) }),
  stopEngine: z.object({}),
  startEngine: z.object({}),
  exitBridge: z.object({}),
  swarm: z.object({}),
  /** Swarm's own ingress network is never used: every published port is host-mode. */
  removeIngress: z.object({}),
};
export type NodeStepKind = keyof typeof NodeStep;

export const REMAP_USER = 'bastide';
/** Container user 0 is this user of the host; 65536 of them. */
export const REMAP_BASE = 100_000;
export const REMAP_SIZE = 65_536;
/** The bridge by which tasks leave for the internet, and to whose address their ports are published. */
export const EXIT_BRIDGE = 'docker_gwbridge';
export const EXIT_SUBNET = '172.18.0.0/16';
/** Project networks are cut from here, 256 addresses each. */
export const PROJECT_POOL = '10.128.0.0/10';
export const PROJECT_MASK = 24;
/** Bridge networks of the platform itself. */
export const BRIDGE_POOL = '172.20.0.0/14';

/** Where the node keeps things and what it is called inside; the lab gives other values. */
export interface NodeSettings {
  readonly internalAddress: string;
  readonly internalSubnet: string;
  readonly engineRoot: string;
  readonly containerdRoot: string;
  readonly engineSocket: string;
  readonly stateDir: string;
  readonly runDir: string;
  readonly configDir: string;
  readonly logDir: string;
  /** Every container is below this cgroup. */
  readonly cgroupParent: string;
}

/** A process of an engine, ours or not. */
export interface EngineProcess {
  readonly pid: number;
  readonly command: readonly string[];
}

export interface NodeFacts {
  readonly remapUser: { readonly user: boolean; readonly subuid: boolean; readonly subgid: boolean };
  readonly addresses: readonly string[];
  /** Destinations of the machine's own routes, not those of bridges of ours. */
  readonly routes: readonly { readonly destination: string; readonly device: string }[];
  readonly sysctls: Readonly<Record<string, string | undefined>>;
  /** sha256 of the files we write, by path; undefined where there is none. */
  readonly files: Readonly<Record<string, string | undefined>>;
  /** Every dockerd in this network namespace. */
  readonly engines: readonly EngineProcess[];
  /** What answers on our socket. */
  readonly engine:
    | {
        readonly labels: readonly string[];
        readonly securityOptions: readonly string[];
        readonly root: string;
        readonly swarm: string;
        readonly networks: readonly string[];
      }
    | undefined;
  /** Largest packet of the way out, which the bridges must not exceed. */
  readonly mtu: number;
}
