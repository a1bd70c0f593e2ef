import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { sealingRecipient } from '../../../db/sealing.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import { configReserved, projectNotReady } from '../errors.ts';
import { ConfigName } from '../model.ts';
import { appTarget, type ReleaseInput } from '../operations.ts';
import { EnvValue } from '../source/model.ts';
import * as store from '../store.ts';
import { AppParams, type AppsSettings, appOf } from './common.ts';

/** Names that the platform sets itself. */
const RESERVED = new Set(['PORT', 'BASTIDE_APP', 'BASTIDE_RELEASE']);

const Change = z.strictObject({
  set: z
    .record(
      ConfigName,
      z.strictObject({
        value: EnvValue,
        secret: z.boolean().default(true).meta({ description: 'Can never be read again' }),
      }),
    )
    .default({}),
  unset: z.array(ConfigName).max(100).default([]),
});

/** Config vars. They are sealed here, to a key that this process does not have. */
export const configRoutes = ({ seal }: AppsSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/apps/:app/config',
    operationId: 'listConfig',
    permission: { action: 'config:read', resource: 'app' },
    summary: 'Names of the config vars',
    params: AppParams,
    response: z.object({
      config: z.array(z.object({ name: ConfigName, secret: z.boolean(), updatedAt: z.iso.datetime() })),
    }),
    handler: async ({ db, scope }) => ({
      config: (await store.configOf(db, scope.appId)).map((row) => ({
        name: row.name,
        secret: row.secret,
        updatedAt: row.updated_at.toISOString(),
      })),
    }),
  }),
  route({
    method: 'PATCH',
    path: '/v1/apps/:app/config',
    operationId: 'changeConfig',
    permission: { action: 'config:set', resource: 'app' },
    summary: 'Set and unset config vars; a running app gets a new release',
    params: AppParams,
    body: Change,
    response: z.object({
      operationId: z.uuid().nullable().meta({ description: 'null where nothing runs yet' }),
    }),
    handler: async ({ db, submit, scope }, { body }) => {
      const names = [...Object.keys(body.set), ...body.unset];
      const taken = names.find((name) => RESERVED.has(name));
      if (taken) return configReserved(taken);
      const app = await appOf(db, scope.appId);
      const recipient = await sealingRecipient(db, app.project_id);
      if (!recipient) return projectNotReady('this project');
      for (const [name, { value, secret }] of Object.entries(body.set)) {
        const sealed = await seal(recipient, { owner: app.id, name }, new Secret(value));
        if (isRefusal(sealed)) return sealed;
        await store.setConfig(db, {
          appId: app.id,
          organizationId: app.organization_id,
          name,
          sealed,
          secret,
        });
      }
      for (const name of body.unset) await store.unsetConfig(db, app.id, name);
      if (names.length === 0 || !(await store.hasLive(db, app.id))) return { operationId: null };
      const input: ReleaseInput = { from: 'live', description: changed(body) };
      return submit({ kind: 'apps.release', target: appTarget(app.id), input });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/config/reveal',
    operationId: 'revealConfig',
    permission: { action: 'config:reveal', resource: 'app' },
    summary: 'Read the config vars that are not secret; the values come as output events of the operation',
    params: AppParams,
    response: Accepted,
    status: 202,
    handler: ({ submit, requestId }) =>
      submit({ kind: 'apps.reveal', target: `stream:${requestId}`, input: {} }),
  }),
];

const changed = (body: z.infer<typeof Change>): string => {
  const set = Object.keys(body.set);
  const parts = [
    set.length > 0 ? `Set ${set.join(', ')}` : '',
    body.unset.length > 0 ? `Unset ${body.unset.join(', ')}` : '',
  ];
  return parts.filter(Boolean).join('; ');
};
