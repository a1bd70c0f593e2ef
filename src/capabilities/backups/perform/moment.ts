import { basename, dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openDirectory } from '../../../adapters/below/directory.ts';
import type { DatabaseEngine, Manifest, Session } from '../../../adapters/databases/port.ts';
import type { Repository } from '../../../adapters/restic/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import { databaseHost, databasePath, PLANS, PlanName, walDirectory } from '../../databases/model.ts';
import { hostUserOf, storagePath } from '../../volumes/model.ts';
import { filesDigest, shortBy, unbroken } from '../chain.ts';
import { psqlServer, unpack } from '../commands.ts';
import type { BackupsDeps } from '../deps.ts';
import { backupNotFound, momentNotReached, notRecoverable, readBackBroken, sourceGone } from '../errors.ts';
import { isSegment } from '../parse.ts';
import * as store from '../store.ts';
import { BASE_FILE } from './base.ts';
import { digestsIn } from './digest.ts';
import { progress } from './progress.ts';
import { askToRecover, takeOver } from './recovery-files.ts';
import { opened } from './repositories.ts';
import { spoolNames } from './spool.ts';
import { type Bench, startBench } from './workbench.ts';

const REPLAY_SECONDS = 3600;
const ENDED_EARLY = /recovery ended before configured recovery target/;

/** The physical copy, unpacked by the server's user: what is in it can touch nothing else. */
async function unpackBase(
  deps: BackupsDeps,
  repository: Repository,
  snapshot: string,
  into: { directory: string; uid: number },
  context: Pick<StepContext, 'log' | 'signal'>,
): Promise<Outcome<void>> {
  const data = await openDirectory(dirname(into.directory));
  const made = await data
    ?.make(basename(into.directory), { mode: 0o700, owner: into.uid })
    .finally(() => data.close());
  if (!made) return momentNotReached('its data directory is not empty');
  await made.close();
  const ran = await deps.run.pipe(unpack(into.directory, into.uid), {
    signal: context.signal,
    write: (stdin, signal) =>
      deps.restic.dump(repository, snapshot, `/${BASE_FILE}`, stdin, {
        signal,
        onProgress: progress(context.log, 'physical copy'),
      }),
  });
  if (isRefusal(ran)) return ran;
  return ran.code === 0 ? undefined : momentNotReached(ran.stderr.trim().slice(-300));
}

/** Every segment from the base's first one on, into the directory that recovery reads. */
async function fetchWal(
  deps: BackupsDeps,
  repository: Repository,
  of: { row: store.DatabaseRow; repositoryId: string; incarnation: number; from: string },
  into: { wal: string; staging: string; uid: number },
  context: Pick<StepContext, 'log' | 'signal'>,
): Promise<Outcome<void>> {
  const query = {
    databaseId: of.row.id,
    repositoryId: of.repositoryId,
    incarnation: of.incarnation,
    from: of.from,
  };
  const blocks = await store.walBlocks(deps.db, query);
  const position = await store.walPosition(deps.db, of.row.id, of.repositoryId);
  const open = position?.incarnation === of.incarnation ? position.snapshot_id : null;
  // Of what was taken over from the vault the contents are known by their signed hash alone.
  const snapshots = [...blocks, ...(open ? [{ snapshotId: open, digest: null }] : [])];
  const inSnapshot = storagePath(
    of.row.project_id,
    `${databasePath(of.row.id)}/${walDirectory(of.incarnation)}`,
  );
  for (const [index, { snapshotId, digest }] of snapshots.entries()) {
    const target = join(into.staging, String(index));
    const restored = await deps.restic.restore(repository, snapshotId, { target, signal: context.signal });
    if (isRefusal(restored)) return restored;
    const from = { root: target, path: inSnapshot };
    if (digest !== null && filesDigest(await digestsIn(from)) !== digest)
      return momentNotReached('write-ahead log in the vault is not what was signed');
    await takeOver(from, into.wal, into.uid);
    context.log(`write-ahead log: part ${index + 1} of ${snapshots.length}`);
  }
  return undefined;
}

/** Until it has replayed what it was told to, and is a server like any other. */
async function untilPromoted(
  deps: BackupsDeps,
  session: Session,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  for (let left = REPLAY_SECONDS; left > 0 && !signal.aborted; left -= 1) {
    const said = await session.run(psqlServer(), new Secret('select pg_is_in_recovery();'));
    if (isRefusal(said)) return said;
    if (said.code === 0 && said.stdout.trim() === 'f') return undefined;
    await deps.sleep(1000, signal);
  }
  return momentNotReached('it did not come to an end of replaying');
}

interface Replaying extends Bench {
  /** The last segment without one lacking before it; undefined: what the copy needs is in itself alone. */
  readonly end: string | undefined;
  /** There is write-ahead log beyond that, which nothing leads to. */
  readonly broken: boolean;
}

async function startMoment(
  deps: BackupsDeps,
  of: { backup: store.BackupRow; to: Date | null; engine: DatabaseEngine },
  context: StepContext,
): Promise<Outcome<Replaying>> {
  const { backup, engine } = of;
  const row = await store.databaseRow(deps.db, backup.source_id!);
  const repositoryRow = await store.repository(deps.db, backup.repository_id);
  if (!row) return sourceGone('database');
  if (!repositoryRow || !backup.wal) return backupNotFound(backup.id);
  const repository = await opened(deps, repositoryRow);
  if (isRefusal(repository)) return repository;
  const { segment, incarnation } = backup.wal;
  const instance = {
    id: row.id,
    name: row.name,
    version: (backup.manifest as { version?: string }).version ?? row.version,
    limits: PLANS[PlanName.safeParse(row.plan).data ?? 'small'],
    host: databaseHost(row.name),
  };
  const base = `spool/moment-${context.operation.id}`;
  const uid = hostUserOf(engine.shape(instance).uid);
  let end: string | undefined;
  let broken = false;
  const bench = await startBench(deps, {
    projectId: row.project_id,
    engine,
    instance,
    base,
    signal: context.signal,
    async fill(directories) {
      const main = join(directories.data!, 'main');
      const copied = await unpackBase(
        deps,
        repository,
        backup.snapshot_id,
        { directory: main, uid },
        context,
      );
      if (isRefusal(copied)) return copied;
      const staging = await deps.scratch.make(row.project_id, `${base}/staging`, 0);
      if (isRefusal(staging)) return staging;
      const fetched = await fetchWal(
        deps,
        repository,
        { row, repositoryId: backup.repository_id, incarnation, from: segment },
        { wal: directories.wal!, staging, uid },
        context,
      );
      if (isRefusal(fetched)) return fetched;
      const wal = directories.wal!;
      const names = await spoolNames({ root: dirname(wal), path: basename(wal) });
      end = unbroken(names, segment);
      broken = names
        .filter((name) => isSegment(name) && shortBy(name, segment) === 0)
        .some((name) => end === undefined || shortBy(end, name) > 0);
      return askToRecover(main, uid, of.to);
    },
  });
  return isRefusal(bench) ? bench : { ...bench, end, broken };
}

const REACHED = `select pg_walfile_name(pg_last_wal_replay_lsn()) || '|' ||
  coalesce(to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'none');`;

/** That a server replayed to the end of what there is: what stopped it before would be lost without a word. */
async function reachedEnd(bench: Replaying): Promise<Outcome<string>> {
  if (bench.broken) return momentNotReached('write-ahead log is lacking in the middle');
  const said = await bench.session.run(psqlServer(), new Secret(REACHED));
  if (isRefusal(said)) return said;
  const [segment = '', last = ''] = said.stdout.trim().split('|');
  // A record that began in the last segment and did not end in it is no loss: its transaction was not committed.
  if (bench.end !== undefined && (!isSegment(segment) || shortBy(segment, bench.end) > 1))
    return momentNotReached(`it replayed to ${segment || 'nowhere'} of ${bench.end}`);
  return last;
}

/**
 * The state of a database at a moment, written into another server: the physical copy before it, replayed to that
 * moment by a server that nobody reaches, and read out of that one. Gives what the copy must be equal to.
 */
export async function restoreMoment(
  deps: BackupsDeps,
  of: { backup: store.BackupRow; to: Date; into: Session },
  context: StepContext,
): Promise<Outcome<Manifest>> {
  const sent = await deps.shipNow(of.backup.source_id!);
  if (isRefusal(sent)) context.log(sent.message);
  const span = (await store.bases(deps.db, of.backup.source_id!)).find(({ id }) => id === of.backup.id);
  if (!span?.until || span.until < of.to)
    return notRecoverable(
      of.to.toISOString(),
      of.backup.taken_at.toISOString(),
      span?.until?.toISOString() ?? null,
    );
  const engine = deps.engines.get('postgres')!;
  let bench = await startMoment(deps, { backup: of.backup, to: of.to, engine }, context);
  // Nothing was committed between that moment and the end of what is there: then the end is that moment.
  if (isRefusal(bench) && ENDED_EARLY.test(bench.message))
    bench = await startMoment(deps, { backup: of.backup, to: null, engine }, context);
  return isRefusal(bench) ? bench : readOut(deps, { bench, engine, into: of.into }, context);
}

/** The same for the last moment that the vault has; refused where not all of it can be replayed. */
export async function restoreLatest(
  deps: BackupsDeps,
  of: { backup: store.BackupRow; into: Session },
  context: StepContext,
): Promise<Outcome<Manifest>> {
  const engine = deps.engines.get('postgres')!;
  const bench = await startMoment(deps, { backup: of.backup, to: null, engine }, context);
  return isRefusal(bench) ? bench : readOut(deps, { bench, engine, into: of.into, end: true }, context);
}

async function readOut(
  deps: BackupsDeps,
  of: { bench: Replaying; engine: DatabaseEngine; into: Session; end?: boolean },
  context: StepContext,
): Promise<Outcome<Manifest>> {
  const { bench, engine } = of;
  try {
    const promoted = await untilPromoted(deps, bench.session, context.signal);
    if (isRefusal(promoted)) return promoted;
    const reached = of.end ? await reachedEnd(bench) : undefined;
    if (isRefusal(reached)) return reached;
    if (reached) context.log(`replayed to the end of ${bench.end}; last commit ${reached}`);
    const through = new PassThrough();
    const stop = new AbortController();
    const signal = AbortSignal.any([context.signal, stop.signal]);
    const reading = engine.dump(bench.session, through, signal).then((read) => {
      if (isRefusal(read)) {
        stop.abort();
        through.destroy();
      } else through.end();
      return read;
    });
    const written = await engine
      .restore(of.into, through, signal)
      .catch((error: Error) => readBackBroken('the database', error.message));
    if (isRefusal(written)) stop.abort();
    const read = await reading;
    if (isRefusal(written)) return isRefusal(read) && !stop.signal.aborted ? read : written;
    return read;
  } finally {
    await bench.remove();
  }
}
