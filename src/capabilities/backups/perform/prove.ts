import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Session } from '../../../adapters/databases/port.ts';
import { alert, settle } from '../../../engine/alert.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { PLANS, PlanName } from '../../databases/model.ts';
import { storagePath, volumeDirectory } from '../../volumes/model.ts';
import { databaseDifferences, treeDifferences } from '../compare.ts';
import type { BackupsDeps } from '../deps.ts';
import { backupNotFound, notEqual, readBackBroken, wrongKind } from '../errors.ts';
import { DatabaseManifest, TreeManifest } from '../model.ts';
import * as store from '../store.ts';
import { hashTree } from '../tree.ts';
import { dumpFile } from './dump.ts';
import { progress } from './progress.ts';
import { noting, opened } from './repositories.ts';
import { type Smoke, smoke } from './smoke.ts';
import { startBench } from './workbench.ts';

const limitsOf = (plan: string) => PLANS[PlanName.safeParse(plan).data ?? 'small'];

/** The instance that a dump is restored into: the same version and limits, another identity. */
export const proofOf = (backup: store.BackupRow, manifest: DatabaseManifest) => ({
  id: backup.id,
  name: 'proof',
  version: manifest.version,
  limits: limitsOf(manifest.plan),
  host: 'proof.db',
});

/** The stream of a dump out of the vault into a server that `prepare` has made. */
export async function restoreDump(
  deps: BackupsDeps,
  backup: store.BackupRow,
  session: Session,
  context: Pick<StepContext, 'log' | 'signal'>,
): Promise<Outcome<void>> {
  const row = await store.repository(deps.db, backup.repository_id);
  const repository = row ? await opened(deps, row) : backupNotFound(backup.id);
  if (isRefusal(repository)) return repository;
  const manifest = DatabaseManifest.parse(backup.manifest);
  const engine = deps.engines.get(manifest.engine)!;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const through = new PassThrough();
  const reading = deps.restic
    .dump(repository, backup.snapshot_id, `/${dumpFile(manifest.engine)}`, through, {
      signal,
      onProgress: progress(context.log, backup.source_name),
    })
    .then((read) => {
      // A dump that ended early must not look like a short one.
      if (isRefusal(read)) {
        stop.abort();
        through.destroy();
      } else through.end();
      return read;
    });
  const written = await engine
    .restore(session, through, signal)
    .catch((error: Error) => readBackBroken(backup.source_name, error.message));
  if (isRefusal(written)) stop.abort();
  const read = await reading;
  const passed = await noting(deps, { id: row!.vault_id, name: row!.vault }, read);
  return isRefusal(written) && !isRefusal(passed) ? written : isRefusal(passed) ? passed : written;
}

interface Proof {
  readonly detail: Record<string, unknown>;
  readonly smoke: Smoke;
}

async function proveDump(
  deps: BackupsDeps,
  backup: store.BackupRow,
  context: StepContext,
): Promise<Outcome<Proof>> {
  const manifest = DatabaseManifest.parse(backup.manifest);
  const engine = deps.engines.get(manifest.engine)!;
  const bench = await startBench(deps, {
    projectId: backup.project_id!,
    engine,
    instance: proofOf(backup, manifest),
    base: `spool/prove-${backup.id}`,
    signal: context.signal,
  });
  if (isRefusal(bench)) return bench;
  try {
    const prepared = await engine.prepare(bench.session);
    if (isRefusal(prepared)) return prepared;
    const restored = await restoreDump(deps, backup, bench.session, context);
    if (isRefusal(restored)) return restored;
    const found = await engine.manifest(bench.session, context.signal);
    if (isRefusal(found)) return found;
    const differences = databaseDifferences(manifest, found);
    if (differences.length > 0) return notEqual(differences);
    const { session } = bench;
    const { signal } = context;
    const asked = await smoke(deps, { engine, session, sourceId: backup.source_id!, signal });
    const rows = found.tables.reduce((sum, table) => sum + table.rows, 0);
    return { detail: { tables: found.tables.length, rows, smoke: asked.state }, smoke: asked };
  } finally {
    await bench.remove();
  }
}

async function proveVolume(
  deps: BackupsDeps,
  backup: store.BackupRow,
  context: StepContext,
): Promise<Outcome<Proof>> {
  const row = await store.repository(deps.db, backup.repository_id);
  const repository = row ? await opened(deps, row) : backupNotFound(backup.id);
  if (isRefusal(repository)) return repository;
  const base = `spool/prove-${backup.id}`;
  const cleared = await deps.scratch.remove(backup.project_id!, base);
  if (isRefusal(cleared)) return cleared;
  const target = await deps.scratch.make(backup.project_id!, base, 0);
  if (isRefusal(target)) return target;
  try {
    const restored = await deps.restic.restore(repository, backup.snapshot_id, {
      target,
      signal: context.signal,
      onProgress: progress(context.log, backup.source_name),
    });
    const passed = await noting(deps, { id: row!.vault_id, name: row!.vault }, restored);
    if (isRefusal(passed)) return passed;
    const path = storagePath(backup.project_id!, volumeDirectory(backup.source_id!));
    const found = await hashTree(join(target, path));
    if (isRefusal(found)) return found;
    const differences = treeDifferences(TreeManifest.parse(backup.manifest), found);
    return differences.length > 0
      ? notEqual(differences)
      : { detail: { ...found }, smoke: { state: 'none' } };
  } finally {
    await deps.scratch.remove(backup.project_id!, base);
  }
}

/** What says that the backup itself is bad; anything else says that it could not be tried. */
const BROKEN =
  /^(backup_not_equal|restic_(snapshot_missing|path_missing|repository_damaged|failed|key_wrong)|database_)/;

/** What people hear of the project's own queries. That they do not hold takes nothing from the backup: it is equal. */
async function noteSmoke(
  deps: BackupsDeps,
  backup: store.BackupRow,
  asked: Smoke,
): Promise<Refusal | undefined> {
  const subject = `database:${backup.source_id}`;
  const why = 'why' in asked ? asked.why : undefined;
  const answer = asked.state === 'holds' || asked.state === 'fails' ? asked.state : null;
  await store.proven(deps.db, backup.id, { answer, message: why?.message ?? null });
  for (const code of ['backup_smoke_failed', 'backup_smoke_unusable'])
    if (code !== why?.code) await settle(deps.db, code, subject);
  if (why)
    await alert(deps.db, {
      severity: asked.state === 'fails' ? 'critical' : 'warning',
      code: asked.state === 'fails' ? 'backup_smoke_failed' : 'backup_smoke_unusable',
      subject,
      organizationId: backup.organization_id,
      projectId: backup.project_id,
      message: `${backup.source_name}: ${why.message}`,
      next: why.next,
      detail: { backup: backup.id },
    });
  return why;
}

/** Restores a backup into a throw-away and compares it with what the source was when it was taken. */
export async function prove(
  deps: BackupsDeps,
  backupId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const backup = await store.backup(deps.db, backupId);
  if (!backup?.project_id || !backup.source_id) return backupNotFound(backupId);
  const startedAt = deps.now();
  const detail =
    backup.kind === 'dump'
      ? await proveDump(deps, backup, context)
      : backup.kind === 'volume'
        ? await proveVolume(deps, backup, context)
        : wrongKind(backup.kind);
  if (context.signal.aborted) return isRefusal(detail) ? detail : undefined;
  const broken = isRefusal(detail) && BROKEN.test(detail.code);
  const subject = `${backup.kind === 'volume' ? 'volume' : 'database'}:${backup.source_id}`;
  const told = isRefusal(detail) ? detail : 'why' in detail.smoke ? detail.smoke.why : undefined;
  await store.addVerification(deps.db, {
    repositoryId: backup.repository_id,
    organizationId: backup.organization_id,
    projectId: backup.project_id,
    backupId,
    operationId: context.operation.id,
    kind: 'restore',
    startedAt,
    verdict: isRefusal(detail)
      ? broken
        ? 'broken'
        : 'inconclusive'
      : detail.smoke.state === 'fails'
        ? 'broken'
        : 'sound',
    message: told?.message ?? null,
    detail: isRefusal(detail) ? { code: detail.code } : detail.detail,
  });
  if (!isRefusal(detail)) {
    await settle(deps.db, 'backup_not_restorable', subject);
    context.log(`${backup.source_name}: restored and compared: ${JSON.stringify(detail.detail)}`);
    return noteSmoke(deps, backup, detail.smoke);
  }
  if (broken) await store.judge(deps.db, [backupId], 'broken', detail.message);
  await alert(deps.db, {
    severity: broken ? 'critical' : 'warning',
    code: 'backup_not_restorable',
    subject,
    organizationId: backup.organization_id,
    projectId: backup.project_id,
    message: `The newest backup of ${backup.source_name} ${broken ? 'is not what it should be' : 'could not be tried'}: ${detail.message}`,
    next: detail.next,
    detail: { backup: backupId, code: detail.code },
  });
  return detail;
}
