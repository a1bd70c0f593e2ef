import { alert, settle } from '../../../engine/alert.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { BackupsDeps } from '../deps.ts';
import { backupNotFound } from '../errors.ts';
import { furthest } from '../moments.ts';
import * as store from '../store.ts';
import { fill } from './restore.ts';

const CODE = 'recovery_from_dump';

/**
 * A lost database's data: the physical copy and all write-ahead log behind it where that reaches beyond the newest dump,
 * else the dump. Where replaying refuses, the dump is what comes back, and people are told what is not in it.
 */
export async function fillLatest(
  deps: BackupsDeps,
  input: {
    readonly projectId: string;
    readonly databaseId: string;
    readonly backupId: string;
    readonly incarnation: number;
  },
  context: StepContext,
): Promise<Outcome<void>> {
  const dump = await store.backup(deps.db, input.backupId);
  if (!dump) return backupNotFound(input.backupId);
  const subject = `database:${input.databaseId}`;
  const base = furthest(await store.bases(deps.db, input.databaseId), dump.taken_at);
  const wanted = { ...input, inPlace: false, to: null };
  if (base) {
    context.log(
      `${dump.source_name}: write-ahead log leads to ${base.until.toISOString()}, the newest dump is of ${dump.taken_at.toISOString()}`,
    );
    const filled = await fill(deps, { ...wanted, backupId: base.id }, context, { latest: true });
    if (!isRefusal(filled)) {
      await settle(deps.db, CODE, subject);
      return undefined;
    }
    if (context.signal.aborted) return filled;
    context.log(`${dump.source_name}: ${filled.message}; its newest dump instead`);
    await alert(deps.db, {
      severity: 'warning',
      code: CODE,
      subject,
      organizationId: dump.organization_id,
      projectId: dump.project_id,
      message: `${dump.source_name} came back as of ${dump.taken_at.toISOString()}, though write-ahead log leads to ${base.until.toISOString()}: ${filled.message}`,
      next: 'Try it beside what is there now: bastide backups:restore --to --as. docs/runbooks/machine-lost.md.',
      detail: { code: filled.code, base: base.id },
    });
  }
  return fill(deps, wanted, context);
}
