import { alert, settle } from '../../engine/alert.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { storagePath } from '../volumes/model.ts';
import type { DatabasesDeps } from './deps.ts';
import { engineOf, instanceOf } from './instance.ts';
import { type DiskLevel, databasePath, dataDirectory, diskLevel } from './model.ts';
import { openSession } from './session.ts';
import * as store from './store.ts';

type DiskDeps = Pick<DatabasesDeps, 'db' | 'engine' | 'engines' | 'files' | 'storageReady'>;

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(2)} GiB`;

/** Bytes that the data directory in use takes; undefined while the project's storage is locked. */
export async function measureDisk(deps: DiskDeps, row: store.DatabaseRow): Promise<number | undefined> {
  if (!(await deps.storageReady(row.project_id))) return undefined;
  const data = `${databasePath(row.id)}/${dataDirectory(row.incarnation)}`;
  const used = await deps.files.used(storagePath(row.project_id, data));
  await store.noteDisk(deps.db, row.id, used);
  return used;
}

const MAKE_ROOM =
  'Remove what is not needed, or go over to a larger plan: bastide pg:fork NAME NEW --plan standard';
const TOLD: Readonly<Record<Exclude<DiskLevel, 'ok'>, { code: string; severity: 'warning' | 'critical' }>> = {
  high: { code: 'database_disk_high', severity: 'warning' },
  nearly: { code: 'database_disk_nearly_full', severity: 'critical' },
  full: { code: 'database_disk_full', severity: 'critical' },
};

/** One alert at a time: the level of now, and none of the others. */
async function tell(deps: DiskDeps, row: store.DatabaseRow, level: DiskLevel, used: number): Promise<void> {
  const subject = `database:${row.id}`;
  for (const [other, { code }] of Object.entries(TOLD))
    if (other !== level) await settle(deps.db, code, subject);
  if (level === 'ok') return;
  const { diskBytes } = instanceOf(row).limits;
  const held = level === 'full' ? '; its apps can read and remove, and add nothing' : '';
  await alert(deps.db, {
    ...TOLD[level],
    subject,
    message: `${row.name} takes ${gib(used)} of the ${gib(diskBytes)} of its plan${held}`,
    next: MAKE_ROOM,
    organizationId: row.organization_id,
    projectId: row.project_id,
    detail: { usedBytes: used, limitBytes: diskBytes },
  });
}

/** Asked again at each look while it is full: users that were made since are held too. */
async function hold(deps: DiskDeps, row: store.DatabaseRow, held: boolean): Promise<Outcome<void>> {
  if (!held && !row.writes_held) return undefined;
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return session;
  const done = await engineOf(deps, row).holdWrites(session, held);
  if (isRefusal(done)) return done;
  if (held !== row.writes_held) await store.noteHeld(deps.db, row.id, held);
}

async function look(deps: DiskDeps, row: store.DatabaseRow): Promise<Outcome<void>> {
  const used = await measureDisk(deps, row);
  if (used === undefined) return undefined;
  const level = diskLevel(used, instanceOf(row).limits.diskBytes, row.writes_held);
  await tell(deps, row, level, used);
  return hold(deps, row, level === 'full');
}

/**
 * Looks what every database takes of its plan's disk: tells at 80 and 95 %, holds writes at 100 % and releases them
 * below 95 %. Nothing is deleted. Answers what could not be held or released, by name; one keeps no other from it.
 */
export async function watchDisk(deps: DiskDeps): Promise<ReadonlyMap<string, string>> {
  const problems = new Map<string, string>();
  for (const row of await store.wantedDatabases(deps.db)) {
    const done = await look(deps, row).catch((error: unknown) => error);
    if (isRefusal(done)) problems.set(row.name, `${done.code}: ${done.message}`);
    else if (done instanceof Error) problems.set(row.name, done.message);
  }
  return problems;
}
