import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { AppsDeps } from '../deps.ts';
import { buildGone, uploadMissing } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import { Source } from '../model.ts';
import { readSource } from '../source/read.ts';
import { receiveArchive } from '../source/receive.ts';
import * as store from '../store.ts';

type Origin = Manifest['origin'];

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function fromUpload(deps: AppsDeps, upload: string, dir: string): Promise<Outcome<Origin>> {
  const file = join(deps.uploads, upload);
  if (!(await stat(file).catch(() => undefined))) return uploadMissing();
  const digest = await sha256(file);
  const received = await receiveArchive(createReadStream(file), dir);
  if (isRefusal(received)) return received;
  return { uri: `upload:${upload}`, digest: { sha256: digest } };
}

/** Nobody needs the archive any more once the image is made of it, and its organization has room for another. */
export async function forgetUpload(deps: Pick<AppsDeps, 'db' | 'uploads'>, source: unknown): Promise<void> {
  const parsed = Source.parse(source);
  if (parsed.kind !== 'upload') return;
  await rm(join(deps.uploads, parsed.upload), { force: true });
  await store.forgetUpload(deps.db, parsed.upload);
}

/** The build's source directory, emptied first: half a fetch is no source. */
export const sourceDir = (deps: AppsDeps, buildId: string): string => join(deps.builds, buildId, 'src');

/** Fetches and checks the source, reads what it says of itself, and keeps that with the build. */
export async function fetchSource(
  deps: AppsDeps,
  buildId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const build = await store.findBuild(deps.db, buildId);
  if (!build) return buildGone();
  const source = Source.parse(build.source);
  const dir = sourceDir(deps, buildId);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o755 });

  let origin: Outcome<Origin>;
  if (source.kind === 'upload') origin = await fromUpload(deps, source.upload, dir);
  else if (source.kind === 'git') {
    const fetched = await deps.fetchGit(source.url, source.ref, dir);
    origin = isRefusal(fetched)
      ? fetched
      : { uri: `git+${source.url}`, digest: { gitCommit: fetched.commit } };
  } else throw new Error('an image has no source');
  if (isRefusal(origin)) return origin;

  const plan = await readSource(dir);
  if (isRefusal(plan)) return plan;
  for (const warning of plan.warnings) context.log(`! ${warning}`);
  context.log(`${plan.stack} app; processes: ${Object.keys(plan.processes).join(', ')}`);
  await store.buildRead(deps.db, buildId, { plan, origin }, plan.stack);
  return undefined;
}
