import type { OperationKind } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import type { BackupsDeps } from './deps.ts';
import { downloadGone, inputInvalid } from './errors.ts';
import { DownloadInput, RestoreInput, RotateInput, RunInput } from './operations.ts';
import { lacking } from './perform/repositories.ts';
import {
  type Lost,
  planDownload,
  planRecover,
  planRestore,
  planRestoreVolume,
  planRun,
  type RunFacts,
} from './plan.ts';
import * as store from './store.ts';

interface Steps {
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

/** Kinds that are one step. */
function once(deps: BackupsDeps, kind: string, step: string, summary: string): OperationKind<Steps> {
  const key = `backups.${step}`;
  return {
    kind,
    observe: (operation) => store.stepKeys(deps.db, operation.id),
    plan: (operation, { done }) =>
      done.has(key) || operation.failure
        ? []
        : [{ capability: 'backups', kind: step, key, summary, input: operation.input }],
  };
}

async function observeRun(
  deps: BackupsDeps,
  operation: Operation,
  after?: Date,
): Promise<RunFacts | undefined> {
  const input = RunInput.safeParse(operation.input);
  if (!input.success) return undefined;
  const { projectId, items, reason } = input.data;
  const [vaults, repositories, steps] = await Promise.all([
    store.activeVaults(deps.db),
    store.openRepositories(deps.db, projectId),
    store.stepKeys(deps.db, operation.id),
  ]);
  return {
    projectId,
    items,
    reason,
    ...steps,
    repositoriesMissing:
      vaults.length === 0 || lacking(vaults, repositories, deps.now().getTime(), after).length > 0,
    after: after?.toISOString(),
    repositories: repositories
      .filter((row) => row.ready_at !== null && (after === undefined || row.created_at >= after))
      .map((row) => ({ id: row.id, vault: row.vault })),
  };
}

/** The operations that backups knows. */
export function backupsKinds(deps: BackupsDeps): OperationKind[] {
  const run: OperationKind<RunFacts> = {
    kind: 'backups.run',
    observe: async (operation) => (await observeRun(deps, operation)) ?? inputInvalid(),
    plan: (_operation, facts) => planRun(facts),
    result: (_operation, facts) => ({
      backups: [...facts.done].filter((key) => key.includes('take')).length,
    }),
  };
  // A new generation in each vault, with a key of its own, and everything in it: what is newer than the question.
  const rotate: OperationKind<RunFacts> = {
    ...run,
    kind: 'backups.rotate',
    async observe(operation) {
      const input = RotateInput.safeParse(operation.input);
      if (!input.success) return inputInvalid();
      return (await observeRun(deps, operation, new Date(input.data.after))) ?? inputInvalid();
    },
  };
  const restore: OperationKind<Steps> = {
    kind: 'backups.restore',
    observe: (operation) => store.stepKeys(deps.db, operation.id),
    plan(operation, facts) {
      const input = RestoreInput.safeParse(operation.input);
      if (!input.success) return inputInvalid();
      const failing = operation.failure !== null;
      if (input.data.type === 'volume') return failing ? [] : planRestoreVolume(input.data, facts.done);
      return planRestore(input.data, facts, failing);
    },
  };
  const recover: OperationKind<Steps & { readonly lost: readonly Lost[] }> = {
    kind: 'backups.recover',
    async observe(operation) {
      if (!operation.projectId) return inputInvalid();
      return {
        ...(await store.stepKeys(deps.db, operation.id)),
        lost: await store.toRecover(deps.db, operation.projectId),
      };
    },
    plan: (operation, facts) => planRecover(operation.projectId!, facts.lost, facts),
    result: (_operation, { lost }) => ({ missing: lost.map(({ name }) => name) }),
  };
  const download: OperationKind<store.DownloadRow> = {
    kind: 'backups.download',
    // A long read: it does not queue behind changes.
    stream: true,
    async observe({ input }) {
      const parsed = DownloadInput.safeParse(input);
      return (
        (parsed.success && (await store.findDownload(deps.db, parsed.data.downloadId))) || downloadGone()
      );
    },
    plan: (operation, row) => planDownload(row, operation.failure !== null),
    result: (_operation, row) => ({ downloadId: row.id, bytes: row.bytes, sha256: row.sha256 }),
  };
  return [
    run,
    rotate,
    restore,
    recover,
    download,
    once(deps, 'backups.check', 'checkRepository', 'Check a repository'),
    once(deps, 'backups.prove', 'prove', 'Restore the newest backup and compare'),
  ] as OperationKind[];
}
