import type { DatabaseEngine, Instance, Session } from '../../../adapters/databases/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import {
  credentialBinding,
  databaseHost,
  databasePath,
  dataDirectory,
  PLANS,
  PlanName,
  walDirectory,
} from '../../databases/model.ts';
import { databaseDifferences } from '../compare.ts';
import type { BackupsDeps } from '../deps.ts';
import { backupNotFound, notEqual, ofAnotherProject, sourceGone, wrongKind } from '../errors.ts';
import { DatabaseManifest, type Restored } from '../model.ts';
import * as store from '../store.ts';
import { restoreLatest, restoreMoment } from './moment.ts';
import { restoreDump } from './prove.ts';
import { startBench } from './workbench.ts';

const instanceOf = (row: store.DatabaseRow): Instance => ({
  id: row.id,
  name: row.name,
  version: row.version,
  limits: PLANS[PlanName.safeParse(row.plan).data ?? 'small'],
  host: databaseHost(row.name),
});

/**
 * Fills the next data directory of a database by a server that nobody reaches, and compares what is in it with what was
 * backed up. The directory in use is not touched. Begun again, it begins anew. `latest`: from a physical copy, the last
 * moment that the vault has.
 */
export async function fill(
  deps: BackupsDeps,
  input: Restored,
  context: StepContext,
  { latest = false }: { readonly latest?: boolean } = {},
): Promise<Outcome<void>> {
  const backup = await store.backup(deps.db, input.backupId);
  if (!backup) return backupNotFound(input.backupId);
  const row = await store.databaseRow(deps.db, input.databaseId);
  if (!row) return sourceGone('database');
  if (backup.project_id !== row.project_id) return ofAnotherProject();
  if (row.incarnation >= input.incarnation && input.inPlace) return sourceGone('directory');
  const engine = deps.engines.get(row.engine)!;
  const data = `${databasePath(row.id)}/${dataDirectory(input.incarnation)}`;
  const cleared = await deps.scratch.remove(row.project_id, data);
  if (isRefusal(cleared)) return cleared;
  const bench = await startBench(deps, {
    projectId: row.project_id,
    engine,
    instance: instanceOf(row),
    base: `spool/restore-${context.operation.id}`,
    data,
    signal: context.signal,
  });
  if (isRefusal(bench)) return bench;
  try {
    const prepared = await engine.prepare(bench.session);
    if (isRefusal(prepared)) return prepared;
    const wanted =
      backup.kind === 'dump'
        ? await fromDump(deps, backup, bench.session, context)
        : backup.kind === 'base' && input.to
          ? await restoreMoment(deps, { backup, to: new Date(input.to), into: bench.session }, context)
          : backup.kind === 'base' && latest
            ? await restoreLatest(deps, { backup, into: bench.session }, context)
            : wrongKind(backup.kind);
    if (isRefusal(wanted)) return wanted;
    const found = await engine.manifest(bench.session, context.signal);
    if (isRefusal(found)) return found;
    const differences = databaseDifferences(wanted, found);
    if (differences.length > 0) return notEqual(differences);
    // A moment is more than its copy: only what was compared with the backup itself says something of it.
    if (backup.kind === 'dump') await store.restoredEqual(deps.db, backup.id);
    const places = await makePlaces(deps, row, engine, input.incarnation);
    if (isRefusal(places)) return places;
    const users = await setUsers(deps, row, engine, bench.session);
    if (isRefusal(users)) return users;
    context.log(
      `${row.name}: ${found.tables.length} tables, ${found.tables.reduce((sum, one) => sum + one.rows, 0)} rows, equal to what was backed up`,
    );
    return await bench.stop();
  } finally {
    await bench.remove();
  }
}

/** What its server will want besides the data: its configuration's place, and a spool of this history's own. */
async function makePlaces(
  deps: BackupsDeps,
  row: store.DatabaseRow,
  engine: DatabaseEngine,
  incarnation: number,
): Promise<Outcome<void>> {
  const shape = engine.shape(instanceOf(row));
  for (const { name } of shape.directories) {
    if (name === 'data') continue;
    const path = `${databasePath(row.id)}/${name === 'wal' ? walDirectory(incarnation) : name}`;
    const made = await deps.scratch.make(row.project_id, path, shape.uid);
    if (isRefusal(made)) return made;
  }
  return undefined;
}

/** The users that apps have by now, with the passwords that they have. */
async function setUsers(
  deps: BackupsDeps,
  row: store.DatabaseRow,
  engine: DatabaseEngine,
  session: Session,
): Promise<Outcome<void>> {
  for (const credential of await store.credentialsOf(deps.db, row.id)) {
    const binding = credentialBinding(row.id, credential.generation);
    const password = await deps.open(row.project_id, binding, credential.sealed);
    if (isRefusal(password)) return password;
    const set = await engine.setUser(session, { user: credential.username, password });
    if (isRefusal(set)) return set;
  }
  return undefined;
}

async function fromDump(
  deps: BackupsDeps,
  backup: store.BackupRow,
  session: Session,
  context: StepContext,
): Promise<Outcome<DatabaseManifest>> {
  const restored = await restoreDump(deps, backup, session, context);
  return isRefusal(restored) ? restored : DatabaseManifest.parse(backup.manifest);
}

/** From its next start on the database uses the filled directory; the one before stays as the way back. */
export async function swap(deps: BackupsDeps, input: Restored): Promise<Outcome<void>> {
  await store.useIncarnation(deps.db, input.databaseId, input.incarnation);
  return undefined;
}

/** The way back, as long as the operation is not done. */
export async function takeBack(deps: BackupsDeps, input: Restored): Promise<Outcome<void>> {
  await store.leaveIncarnation(deps.db, input.databaseId, input.incarnation);
  return undefined;
}
