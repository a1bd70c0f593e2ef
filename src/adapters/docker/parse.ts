import type { ContainerFacts, EngineFacts, ServiceFacts, TaskFacts } from './port.ts';
import { SPEC_LABEL } from './render.ts';

type Labels = Readonly<Record<string, string>> | null | undefined;

export interface RawInfo {
  ServerVersion: string;
  SecurityOptions?: string[] | null;
  Containers: number;
  DockerRootDir: string;
  Labels?: string[] | null;
  Swarm?: { LocalNodeState?: string; NodeID?: string };
}

export const parseInfo = (raw: RawInfo): EngineFacts => ({
  version: raw.ServerVersion,
  swarm: raw.Swarm?.LocalNodeState ?? 'inactive',
  nodeId: raw.Swarm?.NodeID || undefined,
  securityOptions: raw.SecurityOptions ?? [],
  containers: raw.Containers,
  root: raw.DockerRootDir,
  labels: raw.Labels ?? [],
});

export interface RawService {
  ID: string;
  Version: { Index: number };
  Spec: {
    Name: string;
    Labels?: Labels;
    Mode?: { Replicated?: { Replicas?: number } };
    UpdateConfig?: Record<string, unknown>;
    TaskTemplate: {
      ContainerSpec: { Image: string };
      ForceUpdate?: number;
      RestartPolicy?: { Condition?: string };
    };
  };
}

export const parseService = (raw: RawService): ServiceFacts => ({
  id: raw.ID,
  name: raw.Spec.Name,
  labels: raw.Spec.Labels ?? {},
  image: raw.Spec.TaskTemplate.ContainerSpec.Image,
  replicas: raw.Spec.Mode?.Replicated?.Replicas ?? 0,
});

export interface RawTask {
  ID: string;
  CreatedAt: string;
  ServiceID: string;
  Slot?: number;
  NodeID?: string;
  DesiredState: string;
  Status: {
    Timestamp?: string;
    State: string;
    Err?: string;
    ContainerStatus?: { ContainerID?: string; ExitCode?: number; PID?: number } | null;
    PortStatus?: { Ports?: { PublishedPort?: number }[] | null } | null;
  };
}

const ENDED = new Set(['complete', 'failed', 'shutdown', 'rejected', 'orphaned', 'remove']);

export const parseTask = (raw: RawTask, service: ServiceFacts): TaskFacts => {
  const container = raw.Status.ContainerStatus;
  return {
    id: raw.ID,
    service: service.name,
    labels: service.labels,
    slot: raw.Slot ?? 0,
    state: raw.Status.State,
    wantedState: raw.DesiredState,
    error: raw.Status.Err || undefined,
    // The engine says 0 for a container that still runs.
    exitCode: ENDED.has(raw.Status.State) && container?.ContainerID ? (container.ExitCode ?? 0) : undefined,
    nodeId: raw.NodeID || undefined,
    containerId: container?.ContainerID || undefined,
    publishedPort: raw.Status.PortStatus?.Ports?.[0]?.PublishedPort,
    at: raw.Status.Timestamp ?? raw.CreatedAt,
  };
};

/** Newest first. */
export const byAge = (a: RawTask, b: RawTask): number =>
  a.CreatedAt < b.CreatedAt ? 1 : a.CreatedAt > b.CreatedAt ? -1 : 0;

export interface RawContainer {
  Id: string;
  Names?: string[] | null;
  Labels?: Labels;
  Image: string;
  State: string;
  /** For people, but the only place of a list that has the exit code: `Exited (137) 2 minutes ago`. */
  Status: string;
}

export const parseContainer = (raw: RawContainer): ContainerFacts => {
  const exit = /^Exited \((\d+)\)/.exec(raw.Status);
  const labels = raw.Labels ?? {};
  return {
    id: raw.Id,
    name: (raw.Names?.[0] ?? '').replace(/^\//, ''),
    labels,
    image: raw.Image,
    state: raw.State,
    exitCode: exit ? Number(exit[1]) : undefined,
    specHash: labels[SPEC_LABEL],
  };
};

/** Label filters as the engine wants them; an empty value asks for the key alone. */
export const labelFilter = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify({ label: Object.entries(labels).map(([k, v]) => (v === '' ? k : `${k}=${v}`)) });

/** The images that `docker load` names, as it names them. */
export const parseLoaded = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => {
    const named = /^Loaded image(?: ID)?: (\S+)/.exec(line.trim());
    return named ? [named[1]!] : [];
  });
