import { join } from 'node:path';
import { isLinked } from '../../../adapters/below/directory.ts';
import { alert, settle } from '../../../engine/alert.ts';
import { newId } from '../../../kernel/id.ts';
import { isRefusal, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import { databasePath, PLANS, PlanName, walDirectory } from '../../databases/model.ts';
import { storagePath } from '../../volumes/model.ts';
import { filesDigest, walTags } from '../chain.ts';
import { psqlServer } from '../commands.ts';
import type { BackupsDeps } from '../deps.ts';
import { sourceLinked } from '../errors.ts';
import { parseMark } from '../parse.ts';
import { recordLine } from '../record.ts';
import * as store from '../store.ts';
import {
  blockSize,
  coversUntil,
  isBehind,
  isFinished,
  type Mark,
  type Spool,
  spoolOf,
  stillOpen,
} from '../wal.ts';
import { digestsIn } from './digest.ts';
import { noting, opened } from './repositories.ts';
import { dropFromSpool, type SpoolPlace, spoolNames } from './spool.ts';

/** Failures in a row until somebody is told; there is a try every 20 seconds. */
const TOLD_AFTER = 3;

const MARK = `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '|' || pg_walfile_name(pg_current_wal_insert_lsn());`;
const SWITCH = 'select pg_walfile_name(pg_switch_wal());';

const placeOf = (row: store.DatabaseRow): SpoolPlace => ({
  root: storagePath(row.project_id, ''),
  path: `${databasePath(row.id)}/${walDirectory(row.incarnation)}`,
});

export interface Shipper {
  /** Everything of this database that is in its spool goes to every vault. `now`: what was committed until now, too. */
  ship(row: store.DatabaseRow, now?: boolean): Promise<Outcome<void>>;
  shipAll(): Promise<void>;
  shipNow(databaseId: string): Promise<Outcome<void>>;
}

/** Ships WAL. Marks live in memory: after a restart the first one says less, never more. */
export function makeShipper(deps: BackupsDeps): Shipper {
  const marks = new Map<string, Mark[]>();
  const running = new Map<string, Promise<Outcome<void>>>();
  /** Of the files that are in each spool. */
  const hashes = new Map<string, ReadonlyMap<string, string>>();

  async function mark(row: store.DatabaseRow): Promise<void> {
    const session = await deps.session(row.id);
    if (isRefusal(session)) return;
    const said = await session.run(psqlServer(), new Secret(MARK));
    const seen = isRefusal(said) || said.code !== 0 ? undefined : parseMark(said.stdout);
    const key = `${row.id}:${row.incarnation}`;
    if (seen) marks.set(key, [...(marks.get(key) ?? []), seen].slice(-1000));
  }

  async function shipTo(
    row: store.DatabaseRow,
    repository: store.RepositoryRow,
    spool: Spool,
  ): Promise<Outcome<string | null>> {
    const at = await store.walPosition(deps.db, row.id, repository.id);
    const position = at?.incarnation === row.incarnation ? at : undefined;
    if (!isBehind(spool, position?.segment ?? null)) return position?.segment ?? null;
    const place = await opened(deps, repository);
    if (isRefusal(place)) return place;
    const { root, path } = placeOf(row);
    if (await isLinked(root, path)) return sourceLinked(row.name);
    const directory = join(root, path);
    const coverage =
      coversUntil(marks.get(`${row.id}:${row.incarnation}`) ?? [], spool.newest!) ??
      position?.covers_until ??
      null;
    const saved = await deps.restic.backupPaths(place, {
      paths: spool.files.map((name) => join(directory, name)),
      seeing: [directory],
      tags: walTags({
        databaseId: row.id,
        incarnation: row.incarnation,
        digest: await digestOf({ root, path }, spool.files),
        coversUntil: coverage,
      }),
      ...(position?.snapshot_id ? { parent: position.snapshot_id } : {}),
    });
    if (isRefusal(saved)) return saved;
    await store.setWalPosition(deps.db, {
      databaseId: row.id,
      repositoryId: repository.id,
      organizationId: row.organization_id,
      projectId: row.project_id,
      incarnation: row.incarnation,
      segment: spool.newest,
      snapshotId: saved.snapshot,
      coversUntil: coverage,
    });
    return spool.newest;
  }

  /** Each segment is read once; it does not change any more. One that has gone is its restic's to tell. */
  async function digestOf(place: SpoolPlace, names: readonly string[]): Promise<string> {
    const files = await digestsIn(place, names, hashes.get(place.path));
    hashes.set(place.path, new Map(files.map(({ name, sha256 }) => [name, sha256])));
    return filesDigest(files);
  }

  /** The block gets its line in the list, in every vault, and only then leaves the spool. */
  async function finish(
    row: store.DatabaseRow,
    repositories: readonly store.RepositoryRow[],
    spool: Spool,
  ): Promise<void> {
    await deps.db.transaction().execute(async (tx) => {
      for (const repository of repositories) {
        const position = await store.walPosition(tx, row.id, repository.id);
        if (!position?.snapshot_id) continue;
        const takenAt = position.covers_until ?? position.shipped_at ?? deps.now();
        const record = {
          id: newId(),
          repository: repository.name,
          kind: 'wal' as const,
          sourceId: row.id,
          sourceName: row.name,
          snapshotId: position.snapshot_id,
          bytes: spool.files.length * 16 * 1024 * 1024,
          takenAt,
          manifest: { files: spool.files },
        };
        await store.addBackup(tx, {
          ...record,
          organizationId: row.organization_id,
          projectId: row.project_id,
          repositoryId: repository.id,
          operationId: null,
          engine: 'postgres',
          reason: 'schedule',
          addedBytes: null,
          wal: { segment: spool.first!, last: spool.newest!, incarnation: row.incarnation },
          startedAt: takenAt,
          signature: deps.signer.sign(recordLine(record)),
        });
        await store.setWalPosition(tx, {
          databaseId: row.id,
          repositoryId: repository.id,
          organizationId: row.organization_id,
          projectId: row.project_id,
          incarnation: row.incarnation,
          segment: position.segment,
          snapshotId: null,
          coversUntil: position.covers_until,
        });
      }
    });
    await dropFromSpool(placeOf(row), spool.files);
  }

  async function shipOnce(row: store.DatabaseRow): Promise<Outcome<void>> {
    await mark(row);
    const spool = spoolOf(await spoolNames(placeOf(row)));
    const told = {
      organizationId: row.organization_id,
      projectId: row.project_id,
      subject: `database:${row.id}`,
    };
    if (spool.gap) {
      await alert(deps.db, {
        ...told,
        severity: 'critical',
        code: 'wal_gap',
        message: `${row.name}: write-ahead log was lost before a vault took it; between two physical backups not every moment can be restored`,
        next: 'A new physical backup is taken by itself. Put the vault right: bastide vaults.',
      });
      await store.closeBases(deps.db, row.id, row.incarnation);
      await dropFromSpool(placeOf(row), ['GAP']);
    }
    const repositories = (await store.openRepositories(deps.db, row.project_id)).filter(
      (one) => one.ready_at,
    );
    const positions: (string | null)[] = [];
    let refused: Refusal | undefined;
    for (const repository of repositories) {
      const vault = { id: repository.vault_id, name: repository.vault };
      const shipped = await shipTo(row, repository, spool);
      if (!isRefusal(shipped)) {
        positions.push(shipped);
        if (repository.vault_status !== 'ready') await noting(deps, vault, shipped);
        continue;
      }
      await noting(deps, vault, shipped);
      refused = shipped;
      positions.push(null);
      const failures = await store.walFailed(
        deps.db,
        {
          databaseId: row.id,
          repositoryId: repository.id,
          organizationId: row.organization_id,
          projectId: row.project_id,
          incarnation: row.incarnation,
        },
        shipped.toJSON(),
      );
      if (failures >= TOLD_AFTER)
        await alert(deps.db, {
          ...told,
          severity: 'critical',
          code: 'wal_behind',
          message: `${row.name}: more than a minute of changes is not in ${repository.vault}: ${shipped.message}`,
          next: shipped.next,
        });
    }
    if (!refused) await settle(deps.db, 'wal_behind', told.subject);
    const key = `${row.id}:${row.incarnation}`;
    const size = blockSize(PLANS[PlanName.safeParse(row.plan).data ?? 'small'].diskBytes);
    if (isFinished(spool, positions, size)) await finish(row, repositories, spool);
    if (spool.newest && positions.every((one) => !isBehind(spool, one)))
      marks.set(key, stillOpen(marks.get(key) ?? [], spool.newest));
    return refused;
  }

  /** Closes the segment that is written to and waits until it is in the spool. */
  async function close(row: store.DatabaseRow): Promise<void> {
    await mark(row);
    const session = await deps.session(row.id);
    if (isRefusal(session)) return;
    const said = await session.run(psqlServer(), new Secret(SWITCH));
    if (isRefusal(said) || said.code !== 0) return;
    const closed = said.stdout.trim();
    for (let left = 60; left > 0; left -= 1) {
      const { newest } = spoolOf(await spoolNames(placeOf(row)));
      if (newest && newest.slice(8) >= closed.slice(8)) return;
      await deps.sleep(500);
    }
  }

  const ship = (row: store.DatabaseRow, now = false): Promise<Outcome<void>> => {
    const before = running.get(row.id) ?? Promise.resolve(undefined);
    const mine = before
      .catch(() => undefined)
      .then(async () => {
        if (now) await close(row);
        return shipOnce(row);
      });
    running.set(row.id, mine);
    return mine.finally(() => {
      if (running.get(row.id) === mine) running.delete(row.id);
    });
  };
  return {
    ship,
    async shipNow(databaseId) {
      const row = await store.databaseRow(deps.db, databaseId);
      return row?.engine === 'postgres' && row.status === 'ready' ? ship(row, true) : undefined;
    },
    async shipAll() {
      for (const row of await store.postgresDatabases(deps.db)) if (!running.has(row.id)) await ship(row);
    },
  };
}
