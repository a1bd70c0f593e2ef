import type { Kysely } from 'kysely';
import type { StackLayout } from '../../adapters/buildah/port.ts';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Edge, EdgeServerHealth } from '../../adapters/haproxy/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Operation } from '../../engine/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { projectNetwork } from '../network/model.ts';
import { appNotFound } from './errors.ts';
import type { AppFacts, AppServiceFacts, EdgeVersionFacts, ReleaseFacts } from './facts.ts';
import { manifestOf } from './manifest.ts';
import { label } from './model.ts';
import * as store from './store.ts';

export interface ObserveDeps {
  readonly db: Kysely<Database>;
  readonly engine: Engine;
  readonly edge: Edge;
  /** `host:port` of the registry, as image references spell it. */
  readonly registryHost: string;
  readonly stack: (name: string) => Promise<StackLayout | undefined>;
}

type ReleaseRow = NonNullable<Awaited<ReturnType<typeof store.findRelease>>>;

async function releaseFacts(deps: ObserveDeps, row: ReleaseRow): Promise<Outcome<ReleaseFacts>> {
  const image = await deps.engine.imageFacts(`${deps.registryHost}/${row.repository}@${row.digest}`);
  if (isRefusal(image) && image.code !== 'image_missing') return image;
  return {
    id: row.id,
    version: row.version,
    status: row.status,
    traffic: row.traffic,
    processes: row.processes,
    hasPhase: row.phase !== null,
    phaseDone: row.phase_done_at !== null,
    liveAt: row.live_at?.getTime() ?? null,
    pulled: !isRefusal(image),
  };
}

/** Server names at the edge begin with their version: `v12-…`. */
const versionOf = (server: string): number | undefined => {
  const found = /^v(\d+)-/.exec(server)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** What the edge shows of one app, by version. */
export function edgeVersions(
  health: readonly EdgeServerHealth[],
  slot: number | null,
): Record<number, EdgeVersionFacts> {
  const versions: Record<number, EdgeVersionFacts> = {};
  for (const server of health) {
    const version = versionOf(server.name);
    if (server.slot !== slot || version === undefined) continue;
    const known = versions[version];
    versions[version] = {
      // A replica that leaves while others serve does not change what the version is.
      state: known?.state === 'ready' ? 'ready' : server.state,
      up: (known?.up ?? 0) + (server.up ? 1 : 0),
      sessions: (known?.sessions ?? 0) + server.currentSessions,
    };
  }
  return versions;
}

async function servicesOf(deps: ObserveDeps, appId: string): Promise<Outcome<AppServiceFacts[]>> {
  const services = await deps.engine.services({ [label.app]: appId });
  if (isRefusal(services)) return services;
  return services
    .filter((service) => service.labels[label.oneOff] === undefined)
    .map((service) => ({
      name: service.name,
      process: service.labels[label.process] ?? '',
      version: Number(service.labels[label.version]),
      replicas: service.replicas,
    }));
}

async function missingStacks(deps: ObserveDeps, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(async (name) => ({ name, stack: await deps.stack(name) })));
  return found.filter(({ stack }) => !stack).map(({ name }) => name);
}

/** Everything a plan for this app looks at: the store, the engine and the edge, now. */
export async function observeApp(
  deps: ObserveDeps,
  appId: string,
  operation?: Operation,
): Promise<Outcome<AppFacts>> {
  const app = await store.findApp(deps.db, appId);
  if (!app) return appNotFound(appId);
  const [services, networks, health] = await Promise.all([
    servicesOf(deps, appId),
    deps.engine.networks(),
    deps.edge.health(),
  ]);
  if (isRefusal(services)) return services;
  if (isRefusal(networks)) return networks;
  if (isRefusal(health)) return health;

  const rows = await store.servingReleases(deps.db, appId);
  const candidateRow = operation && (await store.releaseOf(deps.db, operation.id));
  const facts = new Map<string, ReleaseFacts>();
  for (const row of candidateRow ? [...rows, candidateRow] : rows) {
    const release = await releaseFacts(deps, row);
    if (isRefusal(release)) return release;
    facts.set(release.id, release);
  }
  const serving = rows.map((row) => facts.get(row.id)!);
  const build = operation && (await store.buildOf(deps.db, operation.id));
  const bare = await store.hostsWithoutCertificate(deps.db, appId);
  return {
    app: {
      id: app.id,
      name: app.name,
      projectId: app.project_id,
      formation: app.formation,
      deleted: app.deleted_at !== null,
      suspended: await store.isSuspended(deps.db, app.project_id),
      hasSlot: app.slot !== null,
    },
    networkReady: networks.some((network) => network.name === projectNetwork(app.project_id)),
    certificatesReady: bare.length === 0,
    build: build
      ? {
          id: build.id,
          read: build.manifest !== null,
          missingStacks: await missingStacks(deps, manifestOf(build)?.plan.stacks ?? []),
          digest: build.digest,
        }
      : null,
    candidate: candidateRow ? facts.get(candidateRow.id)! : null,
    live: serving.find((release) => release.traffic === 'live') ?? null,
    draining: serving.filter((release) => release.traffic === 'draining'),
    services,
    edge: edgeVersions(health, app.slot),
  };
}
