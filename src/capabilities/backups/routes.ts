import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { newId } from '../../kernel/id.ts';
import { Accepted } from '../../kernel/operation.ts';
import { DatabaseName } from '../databases/model.ts';
import { backupNotFound, nameTaken, notRecoverable, sourceNotFound, wrongKind } from './errors.ts';
import { Backup, BackupKind, ProjectParam, Recoverable, Schedule, SourceName } from './model.ts';
import { chooseBase } from './moments.ts';
import {
  checkTarget,
  itemsOf,
  platformItems,
  proveTarget,
  type RestoreInput,
  runTarget,
} from './operations.ts';
import { nextDue } from './policy.ts';
import * as store from './store.ts';
import { backupView } from './view.ts';

const BackupParam = z.uuid().meta({ description: 'Id of the backup' });
const project = z.strictObject({ project: ProjectParam });
const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

const schedule = (row: store.SourceRow, now: Date): z.input<typeof Schedule> => ({
  source: row.name,
  type: row.type,
  everyHours: row.state.policy.everyHours,
  atMinute: row.state.policy.atMinute,
  smokeQuery: row.smokeQuery,
  lastAt: row.state.lastAt === null ? null : new Date(row.state.lastAt).toISOString(),
  nextAt: iso(((at) => (at === null ? null : new Date(at)))(nextDue(row.state.policy, now.getTime()))),
});

/** Door 1: backups of a project. */
export const backupsRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/projects/:project/backups',
    operationId: 'listBackups',
    permission: { action: 'backups:read', resource: 'project' },
    summary: 'Backups of a project, newest first: taken, size, verified, restored and compared',
    params: project,
    query: z.strictObject({
      source: SourceName.optional(),
      kind: BackupKind.optional().meta({ description: 'Only backups of this kind' }),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    response: z.object({ backups: z.array(Backup), recoverable: z.array(Recoverable) }),
    async handler({ db, scope }, { query }) {
      const rows = await store.backupsOfProject(db, scope.projectId, query);
      const recoverable: z.input<typeof Recoverable>[] = [];
      for (const source of await store.sources(db, scope.projectId)) {
        if (source.engine !== 'postgres' || (query.source && query.source !== source.name)) continue;
        for (const span of await store.bases(db, source.id)) {
          if (span.until && span.until > span.from)
            recoverable.push({
              source: source.name,
              from: span.from.toISOString(),
              until: span.until.toISOString(),
            });
        }
      }
      return { backups: rows.map(backupView), recoverable };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/backups',
    operationId: 'runBackups',
    permission: { action: 'backups:run', resource: 'project' },
    summary: 'Back up a project now, or one database or volume of it',
    params: project,
    body: z.strictObject({ source: SourceName.optional() }),
    response: Accepted,
    status: 202,
    async handler({ db, scope, submit }, { body }) {
      const all = await store.sources(db, scope.projectId);
      const chosen = body.source
        ? all.filter((one) => one.name === body.source && one.type !== 'project')
        : all;
      if (chosen.length === 0) return sourceNotFound(body.source ?? scope.name);
      return submit({
        kind: 'backups.run',
        target: runTarget(scope.projectId),
        input: { projectId: scope.projectId, items: chosen.flatMap(itemsOf), reason: 'request' },
      });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/projects/:project/backups/schedule',
    operationId: 'listBackupSchedules',
    permission: { action: 'backups:read', resource: 'project' },
    summary: 'What of a project is backed up by itself, and when',
    params: project,
    response: z.object({ schedules: z.array(Schedule) }),
    handler: async ({ db, scope, now }) => ({
      schedules: (await store.sources(db, scope.projectId)).map((row) => schedule(row, now)),
    }),
  }),
  route({
    method: 'PUT',
    path: '/v1/projects/:project/backups/schedule',
    operationId: 'setBackupSchedule',
    permission: { action: 'backups:schedule', resource: 'project' },
    summary: 'Say how often a database or volume is backed up, and what a restored copy must answer',
    params: project,
    body: z.strictObject({
      source: SourceName,
      everyHours: z.int().min(1).max(168).nullable().optional().meta({
        description: 'Hours between two backups; null: not by itself',
      }),
      atMinute: z.int().min(0).max(1439).optional().meta({ description: 'Minute of the day, UTC' }),
      smokeQuery: z.string().max(4000).nullable().optional().meta({
        description: 'SQL whose first answer must be true on each restored copy; PostgreSQL and MariaDB',
      }),
    }),
    response: Schedule,
    async handler({ db, scope, now }, { body }) {
      const find = async () =>
        (await store.sources(db, scope.projectId)).find((one) => one.name === body.source);
      const row = await find();
      if (!row) return sourceNotFound(body.source);
      await store.setPolicy(db, {
        sourceId: row.id,
        organizationId: scope.organizationId,
        projectId: scope.projectId,
        everyHours: body.everyHours === undefined ? row.state.policy.everyHours : body.everyHours,
        atMinute: body.atMinute ?? row.state.policy.atMinute,
        smokeQuery: body.smokeQuery === undefined ? row.smokeQuery : body.smokeQuery,
      });
      return schedule((await find()) ?? row, now);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/backups/:backup/verify',
    operationId: 'verifyBackup',
    permission: { action: 'backups:run', resource: 'project' },
    summary: 'Restore a backup into a throw-away and compare it, now',
    params: z.strictObject({ project: ProjectParam, backup: BackupParam }),
    response: Accepted,
    status: 202,
    async handler({ db, scope, submit }, { params }) {
      const row = await store.backup(db, params.backup);
      if (row?.project_id !== scope.projectId) return backupNotFound(params.backup);
      if (row.kind === 'dump' || row.kind === 'volume')
        return submit({
          kind: 'backups.prove',
          target: proveTarget(scope.projectId),
          input: { backupId: row.id },
        });
      return submit({
        kind: 'backups.check',
        target: checkTarget(row.repository_id),
        input: { repositoryId: row.repository_id, data: true },
      });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/backups/restore',
    operationId: 'restoreBackup',
    permission: { action: 'backups:restore', resource: 'project' },
    summary: 'Bring a database or volume back: from a backup, or to a moment; in place, or beside',
    params: project,
    body: z.strictObject({
      source: SourceName.meta({ description: 'The database or volume that was backed up' }),
      backup: BackupParam.optional().meta({ description: 'Which backup; the newest unless told' }),
      to: z.iso.datetime().optional().meta({ description: 'A moment; PostgreSQL only' }),
      as: DatabaseName.optional().meta({ description: 'Name of a new database; in place unless told' }),
      path: z.string().max(1000).optional().meta({ description: 'Of a volume: only what is below it' }),
    }),
    response: Accepted,
    status: 202,
    async handler({ db, scope, submit, now }, { body }) {
      const kind = body.to ? 'base' : undefined;
      const rows = await store.backupsOfProject(db, scope.projectId, {
        source: body.source,
        kind,
        limit: 500,
      });
      const usable = rows.filter((row) => row.verdict !== 'broken' && row.verdict !== 'missing');
      const newest = usable.find((row) => row.kind === 'dump' || row.kind === 'volume');
      const row = body.backup ? rows.find((one) => one.id === body.backup) : body.to ? usable[0] : newest;
      if (!row?.source_id) return backupNotFound(body.backup ?? `of ${body.source}`);
      if (row.kind === 'volume') {
        const input: RestoreInput = {
          type: 'volume',
          backupId: row.id,
          volumeId: row.source_id,
          path: body.path ?? null,
        };
        return submit({ kind: 'backups.restore', target: `volume:${row.source_id}`, input });
      }
      if (row.kind !== 'dump' && row.kind !== 'base') return wrongKind(row.kind);
      let backupId = row.id;
      if (body.to) {
        const chosen = chooseBase(await store.bases(db, row.source_id), new Date(body.to), now);
        if (!chosen.id) return notRecoverable(body.to, iso(chosen.from), iso(chosen.until));
        backupId = chosen.id;
      }
      const target = await store.restoreTarget(db, {
        backup: row,
        organizationId: scope.organizationId,
        projectId: scope.projectId,
        as: body.as,
        id: newId(),
      });
      if (target === undefined) return nameTaken(body.as ?? row.source_name);
      const input: RestoreInput = {
        type: 'database',
        projectId: scope.projectId,
        backupId,
        ...target,
        to: body.to ?? null,
      };
      return submit({ kind: 'backups.restore', target: `database:${target.databaseId}`, input });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/platform/backups',
    operationId: 'runPlatformBackup',
    permission: { action: 'platform:manage', resource: 'platform' },
    summary: "Back up the platform's own database and images now",
    response: Accepted,
    status: 202,
    handler: ({ submit }) =>
      submit({
        kind: 'backups.run',
        target: runTarget(null),
        input: { projectId: null, items: platformItems, reason: 'request' },
      }),
  }),
];
