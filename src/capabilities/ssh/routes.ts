import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Context, type Row, route } from '../../api/route.ts';
import { newId } from '../../kernel/id.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { blobOf, publicKeyLine } from '../../kernel/ssh-key.ts';
import { AppName } from '../apps/model.ts';
import { ProjectName } from '../organizations/model.ts';
import {
  certificateNotFound,
  entryClosed,
  entryNotFound,
  entryOpen,
  keyLimit,
  keyNotFound,
  keyTaken,
  keyUnfit,
  personNeeded,
} from './errors.ts';
import {
  AskCertificate,
  certificateTarget,
  EnrolKey,
  entryTarget,
  KEYS,
  OpenEntry,
  SSH_PORT,
  SshView,
} from './model.ts';
import { planSources } from './plan/sources.ts';
import { type DoorSettings, doorRoutes } from './routes/door.ts';
import * as store from './store.ts';

export interface SshSettings extends DoorSettings {
  /** The platform's own domain: the gateway answers at `bastide.<domain>`. */
  readonly domain: string;
}

const DAY = 86_400_000;
const Params = z.strictObject({ project: ProjectName });
const Done = z.object({ ok: z.literal(true) });
const iso = (at: Date): string => at.toISOString();

async function view(
  { db, scope, now }: Context<'project'>,
  domain: string,
): Promise<z.input<typeof SshView>> {
  const { projectId } = scope;
  const [entries, certificates, keys, sessions] = [
    await store.liveEntries(db, projectId),
    await store.certificatesOf(db, projectId),
    await store.keysOf(db, projectId, now),
    await store.openSessions(db, projectId, now),
  ];
  return {
    host: `bastide.${domain}`,
    port: SSH_PORT,
    entries: entries.map((row) => ({
      id: row.id,
      state: row.end_requested_at || row.until <= now ? 'closing' : row.opened_at ? 'open' : 'opening',
      from: row.sources,
      openedBy: row.opened_by,
      reason: row.reason,
      createdAt: iso(row.created_at),
      until: iso(row.until),
    })),
    certificates: certificates.map((row) => ({
      id: row.id,
      serial: row.serial,
      account: row.account,
      app: row.app,
      createdAt: iso(row.created_at),
      until: iso(row.until),
      revokedAt: row.revoked_at && iso(row.revoked_at),
    })),
    keys: keys.map((row) => ({
      id: row.id,
      name: row.name,
      createdBy: row.created_by,
      createdAt: iso(row.created_at),
      expiresAt: iso(row.expires_at),
      lastUsedAt: row.last_used_at && iso(row.last_used_at),
    })),
    sessions: sessions.map((row) => ({
      id: row.id,
      actor: row.actor,
      app: row.app,
      command: row.command,
      from: row.source_address,
      createdAt: iso(row.created_at),
    })),
  };
}

const open = (row: { end_requested_at: Date | null; until: Date }, now: Date): boolean =>
  row.end_requested_at === null && row.until > now;

/** Door 1: entry by SSH, certificates and keys of a project. */
export const sshRoutes = (settings: SshSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/projects/:project/ssh',
    operationId: 'showSsh',
    permission: { action: 'ssh:read', resource: 'project' },
    summary: 'Whether entry by SSH is open, and its certificates, keys and sessions',
    params: Params,
    response: SshView,
    handler: (ctx) => view(ctx, settings.domain),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/ssh/entry',
    operationId: 'openSsh',
    permission: { action: 'ssh:open', resource: 'project', stepUp: true },
    summary: 'Open entry by SSH to a project for a while; it closes itself',
    params: Params,
    body: OpenEntry,
    response: Accepted.extend({ entry: z.uuid(), until: z.iso.datetime() }),
    status: 202,
    handler: async ({ db, scope, submit, actor, reason, now }, { body }) => {
      const sources = planSources(body.from);
      if (isRefusal(sources)) return sources;
      if ((await store.liveEntries(db, scope.projectId)).some((row) => open(row, now))) return entryOpen();
      const id = newId();
      const until = new Date(now.getTime() + body.seconds * 1000);
      await store.insertEntry(db, {
        id,
        organization_id: scope.organizationId,
        project_id: scope.projectId,
        sources: [...sources],
        until,
        opened_by: actor.name,
        reason: reason ?? null,
      });
      const submitted = await submit({ kind: 'ssh.open', target: entryTarget(id), input: { entryId: id } });
      return { ...submitted, entry: id, until: iso(until) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/ssh/entry',
    operationId: 'closeSsh',
    permission: { action: 'ssh:close', resource: 'project' },
    summary: 'Close entry by SSH to a project at once; sessions end',
    params: Params,
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }) => {
      const [entry] = await store.liveEntries(db, scope.projectId);
      if (!entry) return entryNotFound();
      await store.requestEnd(db, entry.id);
      return submit({ kind: 'ssh.close', target: entryTarget(entry.id), input: { entryId: entry.id } });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/ssh/certificates',
    operationId: 'certifySsh',
    permission: { action: 'ssh:connect', resource: 'app' },
    summary: 'Have a key signed, to log in to an app with it for some minutes',
    params: z.strictObject({ app: AppName }),
    body: AskCertificate,
    response: Accepted.extend({ certificate: z.uuid(), until: z.iso.datetime() }),
    status: 202,
    handler: async ({ db, scope, submit, actor, now, sourceAddress }, { body }) => {
      // A token has no second factor; where its account has none either, there is nothing that could be asked for.
      if (!actor.session && actor.enrolled !== false) return personNeeded();
      const membership = actor.memberships.find((one) => one.organizationId === scope.organizationId);
      if (!membership) return personNeeded();
      if (!(await store.liveEntries(db, scope.projectId)).some((row) => open(row, now)))
        return entryClosed(scope.name);
      const id = newId();
      const until = new Date(now.getTime() + body.seconds * 1000);
      await store.insertCertificate(db, {
        id,
        organization_id: scope.organizationId,
        project_id: scope.projectId,
        app_id: scope.appId,
        account_id: actor.accountId,
        account: actor.name,
        role: membership.role,
        public_key: body.publicKey,
        seconds: body.seconds,
        until,
        source_address: sourceAddress ?? null,
      });
      const submitted = await submit({
        kind: 'ssh.certify',
        target: certificateTarget(id),
        input: { certificateId: id },
      });
      return { ...submitted, certificate: id, until: iso(until) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/ssh/certificates/:certificate',
    operationId: 'revokeSsh',
    permission: { action: 'ssh:close', resource: 'project' },
    summary: 'Revoke a certificate (`all`: all of the project) at once; sessions end within seconds',
    params: z.strictObject({
      project: ProjectName,
      certificate: z
        .union([z.uuid(), z.literal('all')])
        .meta({ description: 'Id of the certificate, or all' }),
    }),
    response: z.object({ revoked: z.int() }),
    handler: async ({ db, scope, actor }, { params }) => {
      const id = params.certificate === 'all' ? undefined : params.certificate;
      const revoked = await store.revokeCertificates(db, scope.projectId, id, actor.name);
      return id && revoked.length === 0 ? certificateNotFound() : { revoked: revoked.length };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/ssh/keys',
    operationId: 'enrolSshKey',
    permission: { action: 'ssh:enrol', resource: 'project', stepUp: true },
    summary: 'Enrol a key that stays, for `git push` from CI and nothing else, with an end',
    params: Params,
    body: EnrolKey,
    response: z.object({ id: z.uuid(), expiresAt: z.iso.datetime() }),
    status: 201,
    handler: async ({ db, scope, actor, now }, { body }) => {
      const line = publicKeyLine(body.publicKey);
      if (!line) return keyUnfit();
      if ((await store.keysOf(db, scope.projectId, now)).length >= KEYS) return keyLimit(KEYS);
      const hash = createHash('sha256').update(blobOf(line)).digest();
      if (await store.hasKey(db, scope.projectId, hash)) return keyTaken();
      const id = newId();
      const expiresAt = new Date(now.getTime() + body.days * DAY);
      await store.insertKey(db, {
        id,
        organization_id: scope.organizationId,
        project_id: scope.projectId,
        name: body.name,
        public_key: line,
        hash,
        created_by: actor.name,
        expires_at: expiresAt,
      });
      return { id, expiresAt: iso(expiresAt) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/ssh/keys/:key',
    operationId: 'revokeSshKey',
    permission: { action: 'ssh:enrol', resource: 'project' },
    summary: 'Revoke an enrolled key, at once',
    params: z.strictObject({ project: ProjectName, key: z.uuid().meta({ description: 'Id of the key' }) }),
    response: Done,
    handler: async ({ db, scope }, { params }) =>
      (await store.revokeKey(db, scope.projectId, params.key)) ? ({ ok: true } as const) : keyNotFound(),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/ssh/rotate',
    operationId: 'rotateSshAuthority',
    permission: { action: 'ssh:rotate', resource: 'platform', stepUp: true },
    summary: 'Make new keys of the authority for logins by SSH; what the old ones signed is good no more',
    response: Accepted,
    status: 202,
    handler: ({ submit }) => submit({ kind: 'ssh.rotate', target: 'ssh-authority', input: {} }),
  }),
  ...doorRoutes(settings),
];
