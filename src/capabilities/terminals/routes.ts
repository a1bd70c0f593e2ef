import { z } from 'zod';
import { noSession, notYourOperation, operationEnded } from '../../api/errors.ts';
import { OperationParams } from '../../api/operations/model.ts';
import { getOperation } from '../../api/operations/store.ts';
import { type Row, route, streamRoute } from '../../api/route.ts';
import { Accepted, ended } from '../../kernel/operation.ts';
import { OrganizationName } from '../organizations/model.ts';
import { recordingNotFound } from './errors.ts';
import { REPLAY_KIND, RecordingView } from './model.ts';
import * as store from './store.ts';

const Organization = z.strictObject({ organization: OrganizationName });
const One = Organization.extend({ recording: z.uuid().meta({ description: 'Id of the recording' }) });
const permission = { action: 'recordings:read', resource: 'organization' } as const;

const view = (row: store.RecordingRow): z.input<typeof RecordingView> => ({
  id: row.id,
  kind: row.kind,
  target: row.target,
  actor: row.actor,
  startedAt: row.started_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  because: row.because,
  bytes: row.bytes,
  sha256: row.sha256,
  expiresAt: row.expires_at.toISOString(),
});

/** Recordings of sessions: what there is, and one played again. */
export const terminalRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/recordings',
    operationId: 'listRecordings',
    permission,
    summary: 'Recorded sessions, newest first',
    params: Organization,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    response: z.object({ recordings: z.array(RecordingView) }),
    handler: async ({ db, scope }, { query }) => ({
      recordings: (await store.recordingsOf(db, scope.organizationId, query.limit)).map(view),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/recordings/:recording',
    operationId: 'getRecording',
    permission,
    summary: 'One recorded session',
    params: One,
    response: RecordingView,
    handler: async ({ db, scope }, { params }) => {
      const row = await store.findRecording(db, scope.organizationId, params.recording);
      return row ? view(row) : recordingNotFound();
    },
  }),
  route({
    method: 'POST',
    path: '/v1/organizations/:organization/recordings/:recording/replays',
    operationId: 'replayRecording',
    permission,
    summary: 'Play a recorded session: its asciicast comes as output of the session that this opens',
    params: One,
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit, requestId }, { params }) => {
      const row = await store.findRecording(db, scope.organizationId, params.recording);
      if (!row) return recordingNotFound();
      return submit({
        kind: REPLAY_KIND,
        target: `stream:${requestId}`,
        input: { recording: row.id },
        projectId: row.project_id,
      });
    },
  }),
  streamRoute({
    path: '/v1/operations/:operation/replay',
    operationId: 'joinReplay',
    permission: { action: 'recordings:read', resource: 'operation' },
    summary: 'Join a replay that you opened, as a WebSocket',
    params: OperationParams,
    join: async (ctx) => {
      const { operationId } = ctx.scope;
      const { status, requestedBy, kind } = await getOperation(ctx.db, operationId);
      if (requestedBy !== ctx.actor.name) return notYourOperation();
      if (kind !== REPLAY_KIND) return noSession();
      return ended(status) ? operationEnded() : { operationId };
    },
  }),
];
