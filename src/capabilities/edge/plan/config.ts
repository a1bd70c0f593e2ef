import type { TaskFacts } from '../../../adapters/docker/port.ts';
import type { EdgeBackend, EdgeCertificate, EdgeConfig, EdgeServer } from '../../../adapters/haproxy/port.ts';
import { HEALTH_PATH } from '../../../kernel/health-path.ts';

export type Traffic = 'none' | 'candidate' | 'live' | 'draining';

/** One app as the edge sees it. */
export interface EdgeApp {
  readonly id: string;
  readonly slot: number;
  readonly projectId: string;
  /** Requests per ten seconds of the whole project. */
  readonly requestLimit: number;
  readonly bodyLimit: number;
  readonly maintenance: boolean;
  /** Its names, the platform's first. */
  readonly hosts: readonly string[];
  readonly releases: readonly {
    readonly version: number;
    readonly traffic: Traffic;
    readonly healthPath: string;
  }[];
}

/** Where the platform itself answers. */
export interface EdgePlatform {
  readonly host: string;
  readonly socket: string;
  readonly healthPath: string;
  readonly bodyLimit: number;
  readonly requestLimit: number;
}

export interface EdgeFacts {
  readonly apps: readonly EdgeApp[];
  /** Tasks of web processes. */
  readonly tasks: readonly TaskFacts[];
  /** Node id to the address that its task ports listen on. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly certificates: readonly EdgeCertificate[];
  readonly challenges: EdgeConfig['challenges'];
  readonly platform: EdgePlatform | undefined;
}

/** Backends that are there from the start; from then on twice as many when they run out, each time one reload. */
const SLOTS = 256;

const slotsFor = (highest: number): number =>
  highest <= SLOTS ? SLOTS : SLOTS * 2 ** Math.ceil(Math.log2(highest / SLOTS));

/** The name of a task's server at the edge: version first, so that it can be read back. */
export const serverName = (version: number, taskId: string): string => `v${version}-${taskId.slice(0, 12)}`;

const STATE = { candidate: 'candidate', live: 'ready', draining: 'draining' } as const;

const versionOf = (task: TaskFacts): number => Number(task.labels['bastide.version']);

/**
 * The engine has decided that it ends, and has not stopped it yet: two to four seconds in which it answers what it has. Its
 * port may be gone from the engine's books already, so it is known by its name.
 */
const isLeaving = (task: TaskFacts): boolean => task.state === 'running' && task.wantedState !== 'running';

/** Whether a task can answer: it runs, on a node that is known, and its port is there. */
function serverOf(app: EdgeApp, task: TaskFacts, addresses: EdgeFacts['addresses']): EdgeServer | undefined {
  const version = versionOf(task);
  const release = app.releases.find((r) => r.version === version);
  const address = task.nodeId === undefined ? undefined : addresses[task.nodeId];
  if (!release || release.traffic === 'none' || task.state !== 'running' || isLeaving(task)) return undefined;
  if (address === undefined || task.publishedPort === undefined) return undefined;
  // The load balancer takes a configuration as a whole: one release of one app must not keep everybody's from it.
  if (!HEALTH_PATH.test(release.healthPath)) return undefined;
  return {
    name: serverName(version, task.id),
    target: { address, port: task.publishedPort },
    state: STATE[release.traffic],
    healthPath: release.healthPath,
  };
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

function backendOf(app: EdgeApp, facts: EdgeFacts, tasks: readonly TaskFacts[]): EdgeBackend {
  return {
    slot: app.slot,
    app: app.id,
    project: app.projectId,
    host: app.hosts[0] ?? `${app.id}.invalid`,
    servers: tasks.flatMap((task) => serverOf(app, task, facts.addresses) ?? []).sort(byName),
    leaving: tasks
      .filter(isLeaving)
      .map((task) => serverName(versionOf(task), task.id))
      .sort(),
    maintenance: app.maintenance,
    limits: { projectRequests: app.requestLimit, bodyBytes: app.bodyLimit },
  };
}

const platformBackend = (platform: EdgePlatform): EdgeBackend => ({
  slot: 0,
  app: 'platform',
  project: 'platform',
  host: platform.host,
  servers: [
    { name: 'api', target: { socket: platform.socket }, state: 'ready', healthPath: platform.healthPath },
  ],
  leaving: [],
  maintenance: false,
  limits: { projectRequests: platform.requestLimit, bodyBytes: platform.bodyLimit },
});

/**
 * What the load balancer must be, from what is wanted and what runs. Total: whatever does not fit (a task of an
 * unknown app, a port that is not there yet) is left out and comes in when it fits.
 */
export function edgeConfig(facts: EdgeFacts): EdgeConfig {
  const byApp = Map.groupBy(
    facts.tasks.filter(
      (t) => t.labels['bastide.process'] === 'web' && t.labels['bastide.one-off'] === undefined,
    ),
    (task) => task.labels['bastide.app'] ?? '',
  );
  const apps = [...facts.apps].sort((a, b) => a.slot - b.slot);
  const taken = new Set(facts.platform ? [facts.platform.host] : []);
  return {
    backends: [
      ...(facts.platform ? [platformBackend(facts.platform)] : []),
      ...apps.map((app) => backendOf(app, facts, byApp.get(app.id) ?? [])),
    ],
    routes: [
      ...(facts.platform ? [{ host: facts.platform.host, slot: 0 }] : []),
      ...apps.flatMap((app) =>
        app.hosts.filter((host) => !taken.has(host)).map((host) => ({ host, slot: app.slot })),
      ),
    ],
    certificates: facts.certificates,
    challenges: facts.challenges,
    slots: slotsFor(Math.max(0, ...apps.map((app) => app.slot))),
  };
}
