import type { Kysely } from 'kysely';
import type { StackLayout } from '../../adapters/buildah/port.ts';
import type { Engine, ServiceFacts } from '../../adapters/docker/port.ts';
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

const releaseFacts = (row: ReleaseRow, pulled: boolean): ReleaseFacts => ({
  id: row.id,
  version: row.version,
  status: row.status,
  traffic: row.traffic,
  processes: row.processes,
  hasPhase: row.phase !== null,
  phaseDone: row.phase_done_at !== null,
  liveAt: row.live_at?.getTime() ?? null,
  healthSeconds: row.health_seconds,
  pulled,
});

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

/** What the engine and the edge show, of one app or of all. */
interface Around {
  /** By app. */
  readonly services: ReadonlyMap<string, readonly AppServiceFacts[]>;
  readonly networks: ReadonlySet<string>;
  readonly health: readonly EdgeServerHealth[];
}

async function lookAround(deps: ObserveDeps, appId = ''): Promise<Outcome<Around>> {
  const [services, networks, health] = await Promise.all([
    deps.engine.services({ [label.app]: appId }),
    deps.engine.networks(),
    deps.edge.health(),
  ]);
  if (isRefusal(services)) return services;
  if (isRefusal(networks)) return networks;
  if (isRefusal(health)) return health;
  const lasting = services.filter((service) => service.labels[label.oneOff] === undefined);
  const facts = ({ name, labels, replicas }: ServiceFacts): AppServiceFacts => ({
    name,
    process: labels[label.process] ?? '',
    version: Number(labels[label.version]),
    replicas,
  });
  return {
    services: new Map(
      [...Map.groupBy(lasting, (service) => service.labels[label.app] ?? '')].map(([id, own]) => [
        id,
        own.map(facts),
      ]),
    ),
    networks: new Set(networks.map(({ name }) => name)),
    health,
  };
}

async function missingStacks(deps: ObserveDeps, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(async (name) => ({ name, stack: await deps.stack(name) })));
  return found.filter(({ stack }) => !stack).map(({ name }) => name);
}

type AppRow = NonNullable<Awaited<ReturnType<typeof store.findApp>>>;

/** What is true of an app whether or not an operation is under way. */
function standing(
  app: AppRow,
  suspended: boolean,
  serving: readonly ReleaseFacts[],
  certificatesReady: boolean,
  around: Around,
): Omit<AppFacts, 'build' | 'candidate'> {
  return {
    app: {
      id: app.id,
      name: app.name,
      projectId: app.project_id,
      formation: app.formation,
      deleted: app.deleted_at !== null,
      suspended,
      hasSlot: app.slot !== null,
    },
    networkReady: around.networks.has(projectNetwork(app.project_id)),
    certificatesReady,
    live: serving.find((release) => release.traffic === 'live') ?? null,
    draining: serving.filter((release) => release.traffic === 'draining'),
    services: around.services.get(app.id) ?? [],
    edge: edgeVersions(around.health, app.slot),
  };
}

const reference = (deps: ObserveDeps, row: ReleaseRow): string =>
  `${deps.registryHost}/${row.repository}@${row.digest}`;

/** Everything a plan for this app looks at: the store, the engine and the edge, now. */
export async function observeApp(
  deps: ObserveDeps,
  appId: string,
  operation?: Operation,
): Promise<Outcome<AppFacts>> {
  const app = await store.findApp(deps.db, appId);
  if (!app) return appNotFound(appId);
  const around = await lookAround(deps, appId);
  if (isRefusal(around)) return around;

  const rows = await store.servingReleases(deps.db, appId);
  const candidateRow = operation && (await store.releaseOf(deps.db, operation.id));
  const facts = new Map<string, ReleaseFacts>();
  for (const row of candidateRow ? [...rows, candidateRow] : rows) {
    const image = await deps.engine.imageFacts(reference(deps, row));
    if (isRefusal(image) && image.code !== 'image_missing') return image;
    facts.set(row.id, releaseFacts(row, !isRefusal(image)));
  }
  const serving = rows.map((row) => facts.get(row.id)!);
  const build = operation && (await store.buildOf(deps.db, operation.id));
  const bare = await store.hostsWithoutCertificate(deps.db, appId);
  const suspended = await store.isSuspended(deps.db, app.project_id);
  return {
    ...standing(app, suspended, serving, bare.length === 0, around),
    build: build
      ? {
          id: build.id,
          read: build.manifest !== null,
          missingStacks: await missingStacks(deps, manifestOf(build)?.plan.stacks ?? []),
          digest: build.digest,
        }
      : null,
    candidate: candidateRow ? facts.get(candidateRow.id)! : null,
  };
}

/** The same of every app that is there, without any operation: so many questions, however many apps there are. */
export async function observeApps(
  deps: ObserveDeps,
): Promise<Outcome<readonly { readonly facts: AppFacts; readonly organizationId: string }[]>> {
  const apps = await store.appsToWatch(deps.db);
  if (apps.length === 0) return [];
  const around = await lookAround(deps);
  if (isRefusal(around)) return around;
  const images = await deps.engine.images();
  if (isRefusal(images)) return images;
  const pulled = new Set(images.flatMap(({ digests }) => digests));
  const serving = Map.groupBy(await store.servingReleases(deps.db), (row) => row.app_id);
  const bare = new Set((await store.hostsWithoutCertificate(deps.db)).map((host) => host.app_id));
  return apps.map(({ suspended_at, ...app }) => {
    const releases = (serving.get(app.id) ?? []).map((row) =>
      releaseFacts(row, pulled.has(reference(deps, row))),
    );
    return {
      facts: {
        ...standing(app, suspended_at !== null, releases, !bare.has(app.id), around),
        build: null,
        candidate: null,
      },
      organizationId: app.organization_id,
    };
  });
}
