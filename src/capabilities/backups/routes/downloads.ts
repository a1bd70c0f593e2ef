import { z } from 'zod';
import { fileRoute, type Row, route } from '../../../api/route.ts';
import { Accepted } from '../../../kernel/operation.ts';
import {
  backupNotFound,
  downloadGone,
  downloadNotReady,
  notDownloadable,
  recipientInvalid,
  tooManyDownloads,
} from '../errors.ts';
import { DOWNLOADS, Download, downloadFile, ProjectParam } from '../model.ts';
import { downloadTarget } from '../operations.ts';
import { isRecipient } from '../recipient.ts';
import * as store from '../store.ts';

/** A backup for the customer's own hands: encrypted to their key, kept for two days. */
export const downloadRoutes = (place: { readonly exports: string }): Row[] => [
  route({
    method: 'POST',
    path: '/v1/projects/:project/backups/:backup/downloads',
    operationId: 'askBackupDownload',
    permission: { action: 'backups:download', resource: 'project' },
    summary: 'Make one file of a backup, encrypted to an age recipient',
    params: z.strictObject({
      project: ProjectParam,
      backup: z.uuid().meta({ description: 'Id of the backup' }),
    }),
    body: z.strictObject({
      recipient: z.string().max(4000).meta({
        description: 'age recipient; whoever has its identity reads the file, nobody else',
        example: 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
      }),
    }),
    response: Accepted.extend({ downloadId: z.uuid() }),
    status: 202,
    async handler({ db, scope, submit, actor }, { params, body }) {
      const row = await store.backup(db, params.backup);
      if (row?.project_id !== scope.projectId || !row.source_id) return backupNotFound(params.backup);
      if (row.kind !== 'dump' && row.kind !== 'volume') return notDownloadable(row.kind);
      if (!isRecipient(body.recipient)) return recipientInvalid();
      const downloadId = await store.askDownload(db, {
        organizationId: scope.organizationId,
        projectId: scope.projectId,
        backupId: row.id,
        requestedBy: actor.name,
        recipient: body.recipient,
      });
      if (downloadId === undefined) return tooManyDownloads(DOWNLOADS.most);
      const { operationId } = await submit({
        kind: 'backups.download',
        target: downloadTarget(downloadId),
        input: { downloadId },
      });
      return { operationId, downloadId };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/projects/:project/backups/downloads',
    operationId: 'listBackupDownloads',
    permission: { action: 'backups:download', resource: 'project' },
    summary: 'Downloads of backups of a project, newest first',
    params: z.strictObject({ project: ProjectParam }),
    response: z.object({ downloads: z.array(Download) }),
    handler: async ({ db, scope }) => ({ downloads: await store.downloadsOf(db, scope.projectId) }),
  }),
  fileRoute({
    method: 'POST',
    path: '/v1/projects/:project/backups/downloads/:download/file',
    operationId: 'downloadBackup',
    permission: { action: 'backups:download', resource: 'project' },
    summary: 'The file of a download',
    params: z.strictObject({
      project: ProjectParam,
      download: z.uuid().meta({ description: 'Id of the download' }),
    }),
    async handler({ db, scope }, { params }) {
      const [found] = await store.downloadsOf(db, scope.projectId, params.download);
      if (!found || found.status === 'gone') return downloadGone();
      if (found.status !== 'ready') return downloadNotReady();
      return { path: downloadFile(place.exports, found.id), name: found.name };
    },
  }),
];
