import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackLayout } from '../../../adapters/buildah/port.ts';
import { checkAppLayers } from '../../../adapters/oci/check-layer.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { AppsDeps } from '../deps.ts';
import { buildGone, imageNotFound, releaseGone } from '../errors.ts';
import { manifestOf } from '../manifest.ts';
import * as store from '../store.ts';
import { fetchSource, forgetUpload, sourceDir } from './source.ts';

const BUILD_LIMITS = {
  memoryBytes: 2 * 1024 ** 3,
  cpus: 1.5,
  pids: 1024,
  diskBytes: 4 * 1024 ** 3,
  seconds: 1200,
};

/** Builds in the jail, pushes by digest, signs what was built from what; the build row is written last. */
export async function buildImage(
  deps: AppsDeps,
  buildId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const build = await store.findBuild(deps.db, buildId);
  const manifest = build && manifestOf(build);
  if (!build || !manifest) return buildGone();
  const app = await store.findApp(deps.db, build.app_id);
  if (!app) return buildGone();
  // After a crash the source is fetched again: half of it may be there.
  if (context.operation.attempts > 1) {
    const fetched = await fetchSource(deps, buildId, context);
    if (isRefusal(fetched)) return fetched;
  }
  const found = await Promise.all(manifest.plan.stacks.map(deps.stack));
  const stacks = found.filter((stack): stack is StackLayout => stack !== undefined);
  const startedAt = new Date().toISOString();
  const built = await deps.builder.build(
    {
      id: buildId,
      projectId: app.project_id,
      owner: app.organization_id,
      sourceDir: sourceDir(deps, buildId),
      dockerfile: manifest.plan.dockerfile,
      stacks,
      limits: BUILD_LIMITS,
    },
    (line) => context.log(line, 'build'),
    context.signal,
  );
  if (isRefusal(built)) {
    await store.buildFailed(deps.db, buildId);
    return built;
  }
  context.log(
    `built in ${built.seconds.toFixed(1)} s, ${Math.round(built.memoryPeakBytes / 1024 ** 2)} MiB at most`,
  );

  const base = await deps.publishStack(built.stack);
  if (isRefusal(base)) return base;
  const clean = await checkAppLayers(built.layout, built.stack.diffIds.length);
  if (isRefusal(clean)) return clean;
  const pushed = await deps.registry.push(built.layout, `apps/${app.id}`, base);
  if (isRefusal(pushed)) return pushed;
  const attestation = await deps.signer.sign({
    image: pushed,
    buildType: 'https://bastide.dev/build/dockerfile/v1',
    source: manifest.origin,
    stack: { name: built.stack.name, version: built.stack.version, digest: base.digest },
    builder: 'https://bastide.dev/builder/jail/v1',
    invocation: context.operation.id,
    startedAt,
    finishedAt: new Date().toISOString(),
  });
  if (isRefusal(attestation)) return attestation;
  await store.buildDone(deps.db, buildId, { ...pushed, attestation });
  await forgetUpload(deps, build.source);
  await rm(join(deps.builds, buildId), { recursive: true, force: true });
  await rm(built.layout, { recursive: true, force: true });
  context.log(`signed ${pushed.digest}`);
  return undefined;
}

/** Nothing runs that this platform did not build and sign, unaltered (RUN-3). Checked before each start. */
export async function verifyImage(
  deps: AppsDeps,
  release: { organization_id: string; build_id: string; repository: string; digest: string },
): Promise<Outcome<string>> {
  const build = await store.findBuild(deps.db, release.build_id);
  // A signature of a neighbour's build is a good signature, and none of ours.
  if (build?.organization_id !== release.organization_id) return imageNotFound(release.digest);
  const verified = await deps.signer.verify(build?.attestation ?? null, release);
  if (isRefusal(verified)) return verified;
  return `${deps.registryHost}/${release.repository}@${release.digest}`;
}

/** Verifies the signature, then fetches the image by digest into this node's engine. */
export async function pullImage(deps: AppsDeps, releaseId: string): Promise<Outcome<void>> {
  const release = await store.findRelease(deps.db, releaseId);
  if (!release) return releaseGone();
  const reference = await verifyImage(deps, release);
  if (isRefusal(reference)) return reference;
  return deps.engine.imagePull(reference, deps.registryAuth);
}
