import type { Finding, Snapshot } from '../../../adapters/restic/port.ts';
import { alert, settle } from '../../../engine/alert.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { inventory } from '../check.ts';
import type { BackupsDeps } from '../deps.ts';
import { backupNotFound } from '../errors.ts';
import { signedOnes } from '../origin.ts';
import { CHECKS } from '../policy.ts';
import { recordLine } from '../record.ts';
import * as store from '../store.ts';
import { adoptListed } from './adopt.ts';
import { putListInto } from './list.ts';
import { progress } from './progress.ts';
import { noting, opened } from './repositories.ts';

const recorded = (row: store.BackupRow) => ({
  id: row.id,
  repository: row.repository,
  kind: row.kind,
  sourceId: row.source_id,
  sourceName: row.source_name,
  snapshotId: row.snapshot_id,
  bytes: Number(row.bytes),
  takenAt: row.taken_at,
  manifest: row.manifest,
});

/** What is wrong with a repository, told to people and kept with the backups that it concerns. */
async function tell(
  deps: BackupsDeps,
  row: store.RepositoryRow,
  wrong: { code: string; message: string; next: string; backups: readonly store.BackupRow[] },
): Promise<void> {
  const names = [...new Set(wrong.backups.map((one) => one.source_name))];
  await alert(deps.db, {
    severity: 'critical',
    code: wrong.code,
    subject: `repository:${row.name}@${row.vault}`,
    organizationId: row.organization_id,
    projectId: row.project_id,
    message: names.length > 0 ? `${wrong.message}; it concerns ${names.join(', ')}` : wrong.message,
    next: wrong.next,
    detail: { backups: wrong.backups.map((one) => one.id).slice(0, 200) },
  });
}

const RESTORE_FROM =
  'Take a new backup now (bastide backups:run) and look at the vault: docs/runbooks/vault.md.';
const CODES = [
  'backup_missing',
  'backup_list_forged',
  'backup_unknown_snapshot',
  'repository_damaged',
  'repository_foreign_key',
];

/**
 * Looks at one repository: every snapshot of the platform's own list is there, no other is, each line of the list is
 * as it was signed, nobody else has a key, the structure holds, and, with `data`, a seventh of all data too.
 */
export async function checkRepository(
  deps: BackupsDeps,
  input: { readonly repositoryId: string; readonly data: boolean },
  context: StepContext,
): Promise<Outcome<void>> {
  const row = await store.repository(deps.db, input.repositoryId);
  if (!row) return backupNotFound(input.repositoryId);
  const startedAt = deps.now();
  const vault = { id: row.vault_id, name: row.vault };
  const repository = await noting(deps, vault, await opened(deps, row));
  if (isRefusal(repository)) return repository;
  // A full vault can be checked all the same.
  const put = await putListInto(deps, row, repository);
  if (isRefusal(put)) context.log(put.message);
  // The list first: what is added meanwhile is in the vault and not yet on the list, never the other way round.
  const before = await store.backupsOfRepository(deps.db, row.id);
  const shown = await noting(deps, vault, await deps.restic.snapshots(repository));
  if (isRefusal(shown)) return shown;
  const signed = signedOnes(deps.signer, row.name, shown, new Set(before.map((one) => one.snapshot_id)));
  const adopted = await noting(deps, vault, await adoptListed(deps, row, repository, signed));
  if (isRefusal(adopted)) return adopted;
  if (adopted > 0)
    context.log(`${row.vault}: ${adopted} backups that were made after the platform's last backup`);
  const list = adopted > 0 ? await store.backupsOfRepository(deps.db, row.id) : before;
  const ours = new Set(signed.map(({ id }) => id));
  const known = await store.operationsOf(
    deps.db,
    shown.flatMap((one) => operationTag(one) ?? []),
  );
  const facts = inventory(
    list.map((one) => ({
      id: one.id,
      snapshot: one.snapshot_id,
      signed: deps.signer.verify(recordLine(recorded(one)), one.signature),
    })),
    shown.map((one) => ({
      id: one.id,
      ours: ours.has(one.id) || isOldOnes(one, row, known),
      takenAt: one.takenAt.getTime(),
    })),
    startedAt.getTime(),
  );
  const byId = new Map(list.map((one) => [one.id, one]));
  const rows = (ids: readonly string[]) => ids.map((id) => byId.get(id)!);
  const keys = await deps.restic.keys(repository);
  const checked = await noting(
    deps,
    vault,
    await deps.restic.check(repository, {
      ...(input.data ? { read: { part: row.data_part, of: CHECKS.parts } } : {}),
      signal: context.signal,
      onProgress: progress(context.log, row.name),
    }),
  );
  if (isRefusal(checked)) return checked;
  const affected = damagedBy(checked.findings, list);

  const wrong: { code: string; message: string; next: string; backups: readonly store.BackupRow[] }[] = [];
  if (facts.missing.length > 0)
    wrong.push({
      code: 'backup_missing',
      message: `${facts.missing.length} backups that were in ${row.vault} are there no more`,
      next: RESTORE_FROM,
      backups: rows(facts.missing),
    });
  if (facts.forged.length > 0)
    wrong.push({
      code: 'backup_list_forged',
      message: `${facts.forged.length} lines of the list of backups are not as they were signed`,
      next: 'Somebody changed the database of the platform. Look into the audit log: bastide audit.',
      backups: rows(facts.forged),
    });
  if (facts.unknown.length > 0)
    wrong.push({
      code: 'backup_unknown_snapshot',
      message: `${row.vault} shows ${facts.unknown.length} snapshots that this platform did not make, or copies of its own`,
      next: 'Somebody holds the key and the credential: rotate both. docs/runbooks/vault.md.',
      backups: [],
    });
  if (!isRefusal(keys) && keys.length !== 1)
    wrong.push({
      code: 'repository_foreign_key',
      message: `The repository ${row.name} opens with ${keys.length} keys instead of one`,
      next: 'Somebody added one: begin a new generation. docs/runbooks/vault.md.',
      backups: [],
    });
  if (checked.findings.length > 0)
    wrong.push({
      code: 'repository_damaged',
      message: `The repository ${row.name} in ${row.vault} is damaged: ${checked.findings[0]!.said}`,
      next: RESTORE_FROM,
      backups: affected,
    });
  for (const one of wrong) await tell(deps, row, one);
  const subject = `repository:${row.name}@${row.vault}`;
  for (const code of CODES) if (!wrong.some((one) => one.code === code)) await settle(deps.db, code, subject);

  await store.judge(deps.db, facts.missing, 'missing', 'It is not in the vault any more');
  await store.judge(
    deps.db,
    affected.map((one) => one.id),
    'broken',
    checked.findings[0]?.said ?? null,
  );
  const bad = new Set([...facts.missing, ...facts.forged, ...affected.map((one) => one.id)]);
  await store.seen(
    deps.db,
    list.map((one) => one.id).filter((id) => !bad.has(id)),
  );
  await store.addVerification(deps.db, {
    repositoryId: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    backupId: null,
    operationId: context.operation.id,
    kind: input.data ? 'data' : 'structure',
    startedAt,
    verdict: wrong.length > 0 ? 'broken' : 'sound',
    message: wrong.map((one) => one.message).join('; ') || null,
    detail: { snapshots: shown.length, read: checked.read, part: row.data_part, seconds: checked.seconds },
  });
  await store.noteCheck(deps.db, row.id, input.data);
  const stats = await deps.restic.stats(repository);
  if (!isRefusal(stats)) await store.noteSize(deps.db, row.id, stats.bytes);
  context.log(
    wrong.length > 0
      ? wrong.map((one) => one.message).join('; ')
      : `${row.name} in ${row.vault}: ${shown.length} snapshots, sound (${checked.read})`,
  );
  return undefined;
}

const operationTag = ({ tags }: Snapshot): string | undefined =>
  tags.find((tag) => tag.startsWith('operation:'))?.slice('operation:'.length);

/**
 * Of before snapshots were signed, in a repository of that time: made by an operation of ours, or WAL on its way. In a
 * repository that was begun since there is no such time.
 */
const isOldOnes = (
  snapshot: Snapshot,
  row: store.RepositoryRow,
  operations: ReadonlySet<string>,
): boolean => {
  if (snapshot.takenAt < row.created_at || snapshot.takenAt >= row.signed_from) return false;
  const operation = operationTag(snapshot);
  return snapshot.tags.includes('kind:wal') || (operation !== undefined && operations.has(operation));
};

/** The backups that a finding concerns; all of them where it cannot be told. */
function damagedBy(findings: readonly Finding[], list: readonly store.BackupRow[]): store.BackupRow[] {
  if (findings.some((one) => one.snapshots.length === 0)) return [...list];
  const ids = new Set(findings.flatMap((one) => one.snapshots));
  return list.filter((one) => ids.has(one.snapshot_id));
}
