import { once } from 'node:events';
import type { Repository } from '../../../adapters/restic/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { BackupsDeps } from '../deps.ts';
import { backupNotFound } from '../errors.ts';
import { ListEntry, renderList } from '../list.ts';
import { recordLine } from '../record.ts';
import * as store from '../store.ts';
import { noting, opened } from './repositories.ts';

export const LIST_FILE = 'list.json';
/** Each is named in a tag. */
const MOST = 50;

const entryOf = (row: Awaited<ReturnType<typeof store.unlisted>>[number]): ListEntry =>
  ListEntry.parse({
    id: row.id,
    operationId: row.operation_id,
    kind: row.kind,
    sourceId: row.source_id,
    sourceName: row.source_name,
    engine: row.engine,
    reason: row.reason,
    snapshotId: row.snapshot_id,
    bytes: Number(row.bytes),
    addedBytes: row.added_bytes === null ? null : Number(row.added_bytes),
    manifest: row.manifest,
    wal: row.wal,
    startedAt: row.started_at.toISOString(),
    takenAt: row.taken_at.toISOString(),
    signature: row.signature,
  });

/** The lines of the list that a repository lacks. What is not put there now is put there with the next. */
export async function putListInto(
  deps: BackupsDeps,
  row: store.RepositoryRow,
  repository: Repository,
): Promise<Outcome<number>> {
  for (let put = 0; ; ) {
    const rows = await store.unlisted(deps.db, row.id, MOST);
    if (rows.length === 0) return put;
    // A line that somebody changed is the check's to tell; it is not signed again.
    const whole = rows
      .map(entryOf)
      .filter((one) =>
        deps.signer.verify(
          recordLine({ ...one, repository: row.name, takenAt: new Date(one.takenAt) }),
          one.signature,
        ),
      );
    const text = renderList(deps.signer, row.name, whole);
    const saved = await deps.restic.backupStream(repository, {
      name: LIST_FILE,
      tags: ['kind:list', ...whole.map(({ id }) => `of:${id}`)],
      async write(stdin, signal) {
        if (!stdin.write(text)) await once(stdin, 'drain', { signal });
        return undefined;
      },
    });
    if (isRefusal(saved)) return saved;
    await store.markListed(
      deps.db,
      rows.map(({ id }) => id),
    );
    put += whole.length;
  }
}

/** A vault that does not take the list took the backups: they are good without it. */
export async function putList(
  deps: BackupsDeps,
  repositoryId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const row = await store.repository(deps.db, repositoryId);
  if (!row) return backupNotFound(repositoryId);
  const repository = await opened(deps, row);
  const put = isRefusal(repository) ? repository : await putListInto(deps, row, repository);
  const noted = await noting(deps, { id: row.vault_id, name: row.vault }, put);
  context.log(
    isRefusal(noted)
      ? `${noted.message}; the list gets there with the next backup or check`
      : `${noted} lines of the list to ${row.vault}`,
  );
  return undefined;
}
