import type { Repository, Saved } from '../../../adapters/restic/port.ts';
import { alert, settle } from '../../../engine/alert.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { newId } from '../../../kernel/id.ts';
import { isRefusal, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { BackupsDeps } from '../deps.ts';
import { noBackupTaken, sourceGone } from '../errors.ts';
import { failingKey, stillFailing } from '../failing.ts';
import type { BackupKind, BackupReason, Source } from '../model.ts';
import { recordLine } from '../record.ts';
import * as store from '../store.ts';
import { takeBase } from './base.ts';
import { takeDump } from './dump.ts';
import { takePlatform, takeRegistry } from './platform.ts';
import { takeProject } from './project.ts';
import { ensureRepositories, noting, opened } from './repositories.ts';
import { takeVolume } from './volume.ts';

/** Whose and what it is, as its row will say. */
export interface Described {
  readonly organizationId: string | null;
  readonly projectId: string | null;
  readonly name: string;
  readonly engine: 'postgres' | 'mariadb' | 'redis' | null;
}

export interface Taken {
  readonly saved: Saved;
  readonly manifest: unknown;
  readonly wal: { segment: string; last?: string; incarnation: number } | null;
  readonly takenAt: Date;
}

/** How one kind of backup is taken into one repository. */
export interface Taking {
  readonly repository: Repository;
  /** The snapshot before it, if any. */
  readonly parent: string | undefined;
  readonly tags: readonly string[];
  readonly context: Pick<StepContext, 'log' | 'signal'>;
}

export interface TakeInput {
  readonly source: Source;
  readonly kind: BackupKind;
  readonly reason: BackupReason;
  readonly repositoryId?: string | undefined;
}

/** The vault, or the way there, may be better in a moment. */
const PASSING =
  /^(restic_(vault_unreachable|vault_slow|locked|interrupted)|engine_(stream_broken|unreachable))$/;
const PAUSES = [5_000, 30_000, 120_000];

async function describe(deps: BackupsDeps, source: Source): Promise<Described | undefined> {
  if (source.type === 'platform')
    return { organizationId: null, projectId: null, name: 'platform', engine: null };
  const id = source.id ?? '';
  if (source.type === 'project') {
    const owner = await store.ownerOf(deps.db, id);
    const name = await store.projectName(deps.db, id);
    return owner && name
      ? { organizationId: owner.organizationId, projectId: id, name, engine: null }
      : undefined;
  }
  const row =
    source.type === 'database' ? await store.databaseRow(deps.db, id) : await store.volumeRow(deps.db, id);
  return (
    row && {
      organizationId: row.organization_id,
      projectId: row.project_id,
      name: row.name,
      engine: 'engine' in row ? row.engine : null,
    }
  );
}

function takeKind(
  deps: BackupsDeps,
  kind: BackupKind,
  source: Source,
  taking: Taking,
): Promise<Outcome<Taken>> {
  switch (kind) {
    case 'dump':
      return takeDump(deps, source.id!, taking);
    case 'base':
      return takeBase(deps, source.id!, taking);
    case 'volume':
      return takeVolume(deps, source.id!, taking);
    case 'project':
      return takeProject(deps, source.id!, taking);
    case 'platform':
      return takePlatform(deps, taking);
    case 'registry':
      return takeRegistry(deps, taking);
    case 'wal':
      throw new Error('WAL is shipped by itself');
  }
}

/** Tries again while what is in the way may pass. */
export async function patiently<T>(
  deps: Pick<BackupsDeps, 'sleep'>,
  context: Pick<StepContext, 'log' | 'signal'>,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  let outcome = await work();
  for (const pause of PAUSES) {
    if (!isRefusal(outcome) || !PASSING.test(outcome.code) || context.signal.aborted) return outcome;
    context.log(`${outcome.message}; trying again in ${pause / 1000} s`);
    await deps.sleep(pause, context.signal);
    if (context.signal.aborted) return outcome;
    outcome = await work();
  }
  return outcome;
}

async function takeInto(
  deps: BackupsDeps,
  input: TakeInput,
  described: Described,
  row: store.RepositoryRow,
  context: StepContext,
): Promise<Outcome<void>> {
  const { source, kind } = input;
  const repository = await opened(deps, row);
  if (isRefusal(repository)) return repository;
  const id = newId();
  const startedAt = deps.now();
  const tags = [
    `backup:${id}`,
    `kind:${kind}`,
    `source:${source.id ?? source.type}`,
    `operation:${context.operation.id}`,
  ];
  const before = await store.newestOfKind(deps.db, row.id, kind, source.id);
  const taken = await patiently(deps, context, () =>
    takeKind(deps, kind, source, { repository, parent: before?.snapshot_id, tags, context }),
  );
  if (isRefusal(taken)) return taken;
  const record = {
    id,
    repository: row.name,
    kind,
    sourceId: source.id,
    sourceName: described.name,
    snapshotId: taken.saved.snapshot,
    bytes: taken.saved.bytes,
    takenAt: taken.takenAt,
    manifest: taken.manifest,
  };
  await deps.db.transaction().execute(async (tx) => {
    await store.addBackup(tx, {
      ...record,
      organizationId: described.organizationId,
      projectId: described.projectId,
      repositoryId: row.id,
      operationId: context.operation.id,
      engine: described.engine,
      reason: input.reason,
      addedBytes: taken.saved.added,
      wal: taken.wal,
      startedAt,
      signature: deps.signer.sign(recordLine(record)),
    });
    await store.noteSnapshot(tx, row.id);
  });
  context.log(
    `${described.name}: ${taken.saved.bytes} bytes, ${taken.saved.added} new, in ${Math.round(taken.saved.seconds)} s to ${row.vault}`,
  );
  return undefined;
}

/** One backup of the source in the named repository, or in every vault; then one vault that took it is enough. */
export async function take(
  deps: BackupsDeps,
  input: TakeInput,
  context: StepContext,
): Promise<Outcome<void>> {
  const { source } = input;
  const described = await describe(deps, source);
  if (!described) return sourceGone(source.type);
  const subject = `${source.type}:${source.id ?? source.type}`;
  const tried = { failed: [] as string[], well: [] as string[] };
  const told = async (refusal: Refusal) => {
    const failing = stillFailing(await store.failingOf(deps.db, subject), tried, vaults);
    await alert(deps.db, {
      severity: 'critical',
      code: 'backup_failed',
      subject,
      organizationId: described.organizationId,
      projectId: described.projectId,
      message: `${described.name} was not backed up: ${refusal.message}`,
      next: refusal.next,
      detail: { code: refusal.code, kind: input.kind, failing },
    });
    return refusal;
  };
  if (!input.repositoryId) {
    const ensured = await ensureRepositories(deps, described.projectId);
    if (isRefusal(ensured)) context.log(ensured.message);
  }
  const all = await store.openRepositories(deps.db, described.projectId);
  const open = all.filter((row) => row.ready_at);
  const vaults = all.map(({ vault }) => vault);
  const rows = input.repositoryId ? open.filter((row) => row.id === input.repositoryId) : open;
  let refused: Refusal | undefined;
  let arrived = 0;
  for (const row of rows) {
    const outcome = await takeInto(deps, input, described, row, context);
    const noted = await noting(deps, { id: row.vault_id, name: row.vault }, outcome);
    if (isRefusal(noted)) refused ??= noted;
    else arrived += 1;
    (isRefusal(noted) ? tried.failed : tried.well).push(failingKey(input.kind, row.vault));
  }
  if (arrived === 0)
    return told(refused ? (input.repositoryId ? refused : noBackupTaken(refused)) : sourceGone('vault'));
  if (refused) await told(refused);
  else {
    // The next kind, and the next vault, may still fail.
    const left = stillFailing(await store.failingOf(deps.db, subject), tried, vaults);
    if (left.length === 0) await settle(deps.db, 'backup_failed', subject);
    else await store.setFailing(deps.db, subject, left);
  }
  return undefined;
}
