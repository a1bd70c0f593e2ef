import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { BackupDetail, countsOf, partsOf } from '../detail.ts';
import { backupNotFound } from '../errors.ts';
import { ProjectParam } from '../model.ts';
import * as store from '../store.ts';
import { backupView } from '../view.ts';

const Files = z.object({ files: z.int() });

/** One backup, all of it. */
export const showRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/projects/:project/backups/:backup',
    operationId: 'showBackup',
    permission: { action: 'backups:read', resource: 'project' },
    summary: 'One backup: what is in it, in which vaults it is, and what came of it when it was restored',
    params: z.strictObject({
      project: ProjectParam,
      backup: z.uuid().meta({ description: 'Id of the backup' }),
    }),
    response: BackupDetail,
    async handler({ db, scope }, { params }) {
      const row = await store.backup(db, params.backup);
      if (row?.project_id !== scope.projectId) return backupNotFound(params.backup);
      const of = { operationId: row.operation_id ?? '', sourceId: row.source_id };
      const same = row.operation_id ? await store.takenWith(db, of) : [];
      const copies = same.filter(({ kind, id }) => kind === row.kind || id === row.id);
      const looks = await store.looksAt(db, {
        id: row.id,
        repositoryId: row.repository_id,
        since: row.taken_at,
      });
      const spans = row.kind === 'base' && row.source_id ? await store.bases(db, row.source_id) : [];
      const until = spans.find(({ id }) => id === row.id)?.until ?? null;
      const files = Files.safeParse(row.manifest);
      return {
        ...backupView(row),
        repository: row.repository,
        snapshot: row.snapshot_id,
        operationId: row.operation_id,
        startedAt: row.started_at.toISOString(),
        parts: partsOf(row.manifest),
        files: files.success ? files.data.files : null,
        copies: (copies.length > 0 ? copies : [row]).map((one) => ({
          id: one.id,
          vault: one.vault,
          repository: one.repository,
          snapshot: one.snapshot_id,
          takenAt: one.taken_at.toISOString(),
          bytes: Number(one.bytes),
          verdict: one.verdict,
        })),
        with: same
          .filter(({ kind }) => kind !== row.kind)
          .map(({ id, kind, vault }) => ({ id, kind, vault })),
        looks: looks.map((one) => ({
          kind: one.kind,
          at: one.finished_at.toISOString(),
          verdict: one.verdict,
          message: one.message,
          ...countsOf(one.detail),
        })),
        wal: row.wal && {
          from: row.wal.segment,
          last: row.wal.last ?? null,
          until: until?.toISOString() ?? null,
        },
        listed: row.listed_at !== null,
        adoptedAt: row.adopted_at?.toISOString() ?? null,
      };
    },
  }),
];
