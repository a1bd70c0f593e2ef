import { alert, settle } from '../../engine/alert.ts';
import { busy } from '../../engine/busy.ts';
import { submit } from '../../engine/submit.ts';
import type { BackupsDeps } from './deps.ts';
import { DAY, HOUR } from './model.ts';
import { checkTarget, itemsOf, platformItems, proveTarget, type RunInput, runTarget } from './operations.ts';
import { CHECKS, checkDue, checkOverdue, isDue, isOverdue } from './policy.ts';
import * as store from './store.ts';

const SCHEDULE = 'system:backups';
type Deps = Pick<BackupsDeps, 'db' | 'now'>;
const time = (at: Date | null): number | null => at?.getTime() ?? null;

async function ask(
  { db }: Deps,
  request: {
    kind: string;
    target: string;
    input: unknown;
    organizationId: string | null;
    projectId: string | null;
    reason: string;
  },
): Promise<void> {
  if (await busy(db, request.target)) return;
  await db.transaction().execute((tx) => submit(tx, { ...request, actor: SCHEDULE }));
}

/** What is due is backed up: one operation a project. Where no vault is, that is an alert and nothing else. */
export async function runDueBackups(deps: Deps): Promise<void> {
  const now = deps.now().getTime();
  const vaults = await store.activeVaults(deps.db);
  const all = await store.sources(deps.db);
  if (vaults.length === 0) {
    if (all.length > 0)
      await alert(deps.db, {
        severity: 'critical',
        code: 'backup_no_vault',
        subject: 'platform',
        message: 'Nothing is backed up: the platform has no vault',
        next: 'Add one: bastide vaults:add.',
      });
    return;
  }
  await settle(deps.db, 'backup_no_vault', 'platform');
  const baseless = new Set((await store.withoutBase(deps.db)).map((one) => one.id));
  for (const [projectId, sources] of Map.groupBy(all, (one) => one.projectId)) {
    const items: RunInput['items'] = [];
    for (const source of sources) {
      if (isDue(source.state, now)) items.push(...itemsOf(source));
      else if (baseless.has(source.id) && source.state.failures === 0)
        items.push(...itemsOf(source).filter(({ kind }) => kind === 'base'));
    }
    if (items.length === 0) continue;
    await ask(deps, {
      kind: 'backups.run',
      target: runTarget(projectId),
      organizationId: sources[0]!.organizationId,
      projectId,
      input: { projectId, items, reason: 'schedule' },
      reason: 'it is due',
    });
  }
  if (await store.platformDue(deps.db, new Date(now - DAY), new Date(now - DAY / 24)))
    await ask(deps, {
      kind: 'backups.run',
      target: runTarget(null),
      organizationId: null,
      projectId: null,
      input: { projectId: null, items: platformItems, reason: 'schedule' },
      reason: 'it is due',
    });
}

/** A project that could not come back with the platform is tried again each hour, and once it is not suspended any more. */
export async function askRecoveries(deps: Deps): Promise<void> {
  const hourAgo = new Date(deps.now().getTime() - HOUR);
  for (const { projectId, organizationId } of await store.stillLost(deps.db, hourAgo))
    await deps.db.transaction().execute((tx) => submit(tx, store.recovery(projectId, organizationId)));
}

/** Structure daily, a seventh of the data daily, each database and volume restored weekly. */
export async function runDueChecks(deps: Deps): Promise<void> {
  const now = deps.now().getTime();
  for (const row of await store.allRepositories(deps.db)) {
    if (!row.first_snapshot_at || !checkDue(time(row.structure_checked_at), CHECKS.structure, now)) continue;
    await ask(deps, {
      kind: 'backups.check',
      target: checkTarget(row.id),
      organizationId: row.organization_id,
      projectId: row.project_id,
      input: { repositoryId: row.id, data: checkDue(time(row.data_checked_at), CHECKS.part, now) },
      reason: 'the daily check',
    });
  }
  for (const due of await store.toProve(deps.db, new Date(now - CHECKS.prove))) {
    const backup = await store.backup(deps.db, due.id);
    if (!backup || (await store.triedLately(deps.db, due.id, new Date(now - DAY / 4)))) continue;
    await ask(deps, {
      kind: 'backups.prove',
      target: proveTarget(due.projectId),
      organizationId: backup.organization_id,
      projectId: due.projectId,
      input: { backupId: due.id },
      reason: 'the weekly restore',
    });
  }
}

/** Tells what did not happen: a backup, a check or a restored copy that is later than promised. */
export async function watchOverdue(deps: Deps): Promise<void> {
  const now = deps.now().getTime();
  for (const source of await store.sources(deps.db)) {
    const subject = `${source.type}:${source.id}`;
    if (!isOverdue(source.state, now)) {
      await settle(deps.db, 'backup_overdue', subject);
      continue;
    }
    await alert(deps.db, {
      severity: 'critical',
      code: 'backup_overdue',
      subject,
      organizationId: source.organizationId,
      projectId: source.projectId,
      message: `${source.name} has no backup as young as promised in every vault`,
      next: 'See why: bastide alerts, bastide vaults; then: bastide backups:run.',
    });
  }
  for (const row of await store.allRepositories(deps.db)) {
    if (!row.first_snapshot_at) continue;
    const since = row.first_snapshot_at.getTime();
    const subject = `repository:${row.name}@${row.vault}`;
    const late =
      checkOverdue(time(row.structure_checked_at), since, CHECKS.structure, now) ||
      checkOverdue(time(row.data_checked_at), since, CHECKS.part, now);
    if (!late) await settle(deps.db, 'backup_check_overdue', subject);
    else
      await alert(deps.db, {
        severity: 'critical',
        code: 'backup_check_overdue',
        subject,
        organizationId: row.organization_id,
        projectId: row.project_id,
        message: `The repository ${row.name} in ${row.vault} was not checked when it should have been`,
        next: 'See why: bastide alerts, bastide vaults.',
      });
  }
  for (const due of await store.toProve(deps.db, new Date(now - CHECKS.prove - DAY))) {
    const backup = await store.backup(deps.db, due.id);
    if (!backup || backup.taken_at.getTime() > now - CHECKS.prove - DAY) continue;
    await alert(deps.db, {
      severity: 'critical',
      code: 'backup_proof_overdue',
      subject: `${backup.kind === 'volume' ? 'volume' : 'database'}:${backup.source_id}`,
      organizationId: backup.organization_id,
      projectId: backup.project_id,
      message: `No backup of ${backup.source_name} was restored and compared for more than a week`,
      next: `Try it: bastide backups:verify <project> ${backup.id}`,
    });
  }
}
