import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { AppsDeps } from '../deps.ts';
import {
  appNotFound,
  imageNotFound,
  noRelease,
  nothingToRollBackTo,
  releaseNeverLive,
  releaseNotFound,
} from '../errors.ts';
import { manifestOf } from '../manifest.ts';
import { ReleaseInput } from '../operations.ts';
import { rollbackWords } from '../rollback.ts';
import { containerArgv } from '../source/model.ts';
import * as store from '../store.ts';

type Build = NonNullable<Awaited<ReturnType<typeof store.findBuild>>>;
type App = NonNullable<Awaited<ReturnType<typeof store.findApp>>>;
type Made = Omit<
  store.NewRelease,
  'organizationId' | 'projectId' | 'appId' | 'operationId' | 'createdBy' | 'description'
>;

const currentConfig =
  (appId: string): Made['config'] =>
  async (tx) => {
    const rows = await store.configOf(tx, appId);
    return Object.fromEntries(rows.map((row) => [row.name, { sealed: row.sealed, secret: row.secret }]));
  };

/** A release of what a build says of itself, with the config vars of now. */
function fromBuild(app: App, build: Build): Outcome<Made> {
  const manifest = manifestOf(build);
  if (!manifest || !build.digest || !build.repository) return noRelease(app.name);
  const { plan } = manifest;
  return {
    buildId: build.id,
    repository: build.repository,
    digest: build.digest,
    processes: Object.fromEntries(
      Object.entries(plan.processes).map(([name, process]) => [
        name,
        { command: process.command === null ? null : containerArgv(process.command) },
      ]),
    ),
    phase: plan.release ? containerArgv(plan.release) : null,
    config: currentConfig(app.id),
    cron: plan.cron.map((job) => ({ schedule: job.schedule, command: containerArgv(job.command) })),
    healthPath: plan.healthPath ?? app.health_path,
    healthSeconds: plan.healthSeconds ?? null,
    smoke: plan.smoke ?? {},
  };
}

/** A release as it was: image, processes and config vars of then. Its release phase is not run again. */
async function fromRelease(deps: AppsDeps, app: App, version: number | null): Promise<Outcome<Made>> {
  const live = (await store.servingReleases(deps.db, app.id)).find((release) => release.traffic === 'live');
  if (!live) return noRelease(app.name);
  const old =
    version === null
      ? await store.previousRelease(deps.db, app.id, live.version)
      : await store.releaseVersion(deps.db, app.id, version);
  if (!old) return version === null ? nothingToRollBackTo(app.name) : releaseNotFound(version);
  if (old.live_at === null) return releaseNeverLive(old.version);
  return {
    buildId: old.build_id,
    repository: old.repository,
    digest: old.digest,
    processes: old.processes,
    phase: null,
    config: async (tx) => ({
      ...(await store.findRelease(tx, old.id))?.config,
      // What belongs to a database is as it is now: the credentials of then may be gone.
      ...(await store.attachedConfig(tx, app.id)),
    }),
    cron: old.cron,
    healthPath: old.health_path,
    healthSeconds: old.health_seconds,
    smoke: old.smoke,
  };
}

async function made(
  deps: AppsDeps,
  app: App,
  input: ReleaseInput,
  operationId: string,
): Promise<Outcome<Made>> {
  if (input.from === 'rollback') return fromRelease(deps, app, input.version);
  if (input.from === 'image') {
    const build = await store.buildWithDigest(deps.db, app.organization_id, input.digest);
    return build ? fromBuild(app, build) : imageNotFound(input.digest);
  }
  if (input.from === 'source') {
    const build = await store.buildOf(deps.db, operationId);
    return build ? fromBuild(app, build) : noRelease(app.name);
  }
  const live = (await store.servingReleases(deps.db, app.id)).find((release) => release.traffic === 'live');
  const build = live
    ? await store.findBuild(deps.db, live.build_id)
    : await store.latestBuild(deps.db, app.id);
  const release = build ? await fromBuild(app, build) : noRelease(app.name);
  // A config change or a restart runs the same code: its release phase has run already.
  return isRefusal(release) ? release : { ...release, phase: null };
}

/** Makes the next release of the app, once per operation. */
export async function createRelease(
  deps: AppsDeps,
  appId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const app = await store.findApp(deps.db, appId);
  if (!app) return appNotFound(appId);
  const { operation } = context;
  const input = ReleaseInput.parse(operation.input);
  const release = await made(deps, app, input, operation.id);
  if (isRefusal(release)) return release;
  if (input.from === 'rollback') {
    const [then, now] = await Promise.all([release.config(deps.db), currentConfig(appId)(deps.db)]);
    context.log(rollbackWords(then, now));
  }
  await store.insertRelease(deps.db, {
    ...release,
    organizationId: app.organization_id,
    projectId: app.project_id,
    appId: app.id,
    operationId: operation.id,
    description: input.description,
    createdBy: operation.requestedBy,
  });
  return undefined;
}
