import { Writable } from 'node:stream';
import type { Repository, Snapshot } from '../../../adapters/restic/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { newId } from '../../../kernel/id.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { fewest, parseShipped, type Shipped } from '../chain.ts';
import type { BackupsDeps } from '../deps.ts';
import { parseList } from '../list.ts';
import { signedOnes, tagValues } from '../origin.ts';
import { recordLine } from '../record.ts';
import * as store from '../store.ts';
import { LIST_FILE } from './list.ts';
import { noting, opened } from './repositories.ts';

const SEGMENT = 16 * 1024 * 1024;
/** A list of a thousand tables a line is less. */
const LIST_BYTES = 64 * 1024 * 1024;

async function readList(
  deps: BackupsDeps,
  repository: Repository,
  snapshot: string,
): Promise<Outcome<string>> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const out = new Writable({
    write(part: Buffer, _encoding, done) {
      bytes += part.length;
      if (bytes <= LIST_BYTES) parts.push(part);
      done();
    },
  });
  const read = await deps.restic.dump(repository, snapshot, `/${LIST_FILE}`, out);
  return isRefusal(read) ? read : Buffer.concat(parts).toString('utf8');
}

/**
 * Lines of the platform's list that the vault has and the platform has not: it came back from before them. Only what
 * this platform signed, for this very repository, is taken over; anything else stays as foreign as it is.
 */
export async function adoptListed(
  deps: BackupsDeps,
  row: store.RepositoryRow,
  repository: Repository,
  signed: readonly Snapshot[],
): Promise<Outcome<number>> {
  let adopted = 0;
  for (const snapshot of signed.filter(({ tags }) => tags.includes('kind:list'))) {
    const ids = tagValues(snapshot, 'of');
    const known = await store.knownBackups(deps.db, ids);
    if (ids.every((id) => known.has(id))) continue;
    const text = await readList(deps, repository, snapshot.id);
    if (isRefusal(text)) return text;
    for (const entry of parseList(deps.signer, row.name, text) ?? [])
      if (await store.adoptBackup(deps.db, row, entry)) adopted += 1;
  }
  return adopted;
}

/** Write-ahead log of a lost database that came after what the platform knows; answers its newest history. */
async function adoptWal(
  deps: BackupsDeps,
  row: store.RepositoryRow,
  database: store.DatabaseRow,
  all: readonly Shipped[],
  floor: Date,
): Promise<{ parts: number; incarnation: number }> {
  let parts = 0;
  let newest = 0;
  const mine = all.filter(({ databaseId }) => databaseId === database.id);
  for (const [incarnation, shipped] of Map.groupBy(mine, (one) => one.incarnation)) {
    newest = Math.max(newest, incarnation);
    const of = { databaseId: database.id, repositoryId: row.id, incarnation };
    for (const one of fewest(shipped, await store.listedSegments(deps.db, of))) {
      const takenAt = one.coversUntil ?? floor;
      const record = {
        id: newId(),
        kind: 'wal' as const,
        sourceId: database.id,
        sourceName: database.name,
        snapshotId: one.snapshot,
        bytes: one.files.length * SEGMENT,
        takenAt,
        manifest: { files: one.files, digest: one.digest },
      };
      const added = await store.adoptBackup(deps.db, row, {
        ...record,
        operationId: null,
        engine: 'postgres',
        reason: 'schedule',
        addedBytes: null,
        wal: { segment: one.first, last: one.last, incarnation },
        startedAt: takenAt.toISOString(),
        takenAt: takenAt.toISOString(),
        signature: deps.signer.sign(recordLine({ ...record, repository: row.name })),
      });
      if (added) parts += 1;
    }
  }
  return { parts, incarnation: newest };
}

async function adoptFrom(
  deps: BackupsDeps,
  row: store.RepositoryRow,
  databases: readonly store.DatabaseRow[],
  context: StepContext,
): Promise<Outcome<void>> {
  const repository = await opened(deps, row);
  if (isRefusal(repository)) return repository;
  const shown = await deps.restic.snapshots(repository);
  if (isRefusal(shown)) return shown;
  const list = await store.backupsOfRepository(deps.db, row.id);
  const listed = new Set(list.map((one) => one.snapshot_id));
  const signed = signedOnes(deps.signer, row.name, shown, listed);
  const adopted = await adoptListed(deps, row, repository, signed);
  if (isRefusal(adopted)) return adopted;
  const shipped = signed.flatMap((one) => parseShipped(one) ?? []);
  let parts = 0;
  for (const database of databases) {
    const wal = await adoptWal(deps, row, database, shipped, row.created_at);
    parts += wal.parts;
    const bases = await store.backupsOfSource(deps.db, database.id, 'base');
    const histories = [wal.incarnation, ...bases.map(({ wal: of }) => of?.incarnation ?? 0)];
    await store.beginAfter(deps.db, database.id, Math.max(...histories));
  }
  context.log(
    `${row.name} in ${row.vault}: ${adopted} backups and ${parts} parts of write-ahead log that came after the platform's last backup`,
  );
  return undefined;
}

/** All of a project's repositories; a vault that does not answer does not keep the others from telling what they have. */
export async function adoptProject(
  deps: BackupsDeps,
  projectId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const databases = await store.lostDatabases(deps.db, projectId);
  for (const row of await store.repositoriesOf(deps.db, projectId)) {
    const outcome = await noting(
      deps,
      { id: row.vault_id, name: row.vault },
      await adoptFrom(deps, row, databases, context),
    );
    if (isRefusal(outcome)) context.log(`${row.vault}: ${outcome.message}`);
  }
  return undefined;
}
