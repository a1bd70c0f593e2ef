import { z } from 'zod';
import { type Context, type Row, route } from '../../../api/route.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { scopeEmpty, tokenNotFound, tokenTooLong } from '../errors.ts';
import {
  type Action,
  ApiToken,
  DAY,
  DeployToken,
  limitable,
  NewToken,
  TOKEN_DAYS,
  TokenName,
} from '../model.ts';
import * as deploy from '../store/deploy.ts';
import * as store from '../store.ts';
import { ok } from './common.ts';

const Done = z.object({ ok: z.literal(true) });
const days = z
  .int()
  .min(1)
  .default(TOKEN_DAYS.default)
  .meta({ description: `Days until it expires, ${TOKEN_DAYS.most} at most` });
const name = (text: string, most = 40) => z.string().max(most).meta({ description: text });

const CreateToken = z.strictObject({
  name: TokenName,
  days,
  actions: z
    .array(name('For example apps:deploy', 60))
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'What it may at most; all that you may unless told' }),
  projects: z
    .array(name('Name of a project'))
    .min(1)
    .max(50)
    .optional()
    .meta({ description: 'The only projects it is for; all of yours unless told' }),
});

const token = z.strictObject({ token: z.uuid().meta({ description: 'Id of the token' }) });

/** What the token is limited to; refuses an action or a project that is none, rather than leave it out. */
async function limitsOf(
  ctx: Context<'self'>,
  wanted: { actions?: string[] | undefined; projects?: string[] | undefined },
): Promise<Outcome<{ actions: string[] | null; projects: string[] | null }>> {
  if (wanted.actions?.some((action) => !limitable.includes(action as Action))) return scopeEmpty();
  if (!wanted.projects) return { actions: wanted.actions ?? null, projects: null };
  const names = [...new Set(wanted.projects)];
  const projects = await store.ownProjects(ctx.db, ctx.actor.accountId, names);
  return projects.length === names.length ? { actions: wanted.actions ?? null, projects } : scopeEmpty();
}

const own = [
  route({
    method: 'GET',
    path: '/v1/account/tokens',
    operationId: 'listTokens',
    permission: { action: 'tokens:read', resource: 'self' },
    summary: 'Your API tokens',
    response: z.object({ tokens: z.array(ApiToken) }),
    handler: async (ctx) => ({
      tokens: (await store.listTokens(ctx.db, ctx.actor.accountId, ctx.now)).map((row) => ({
        id: row.id,
        name: row.name,
        createdAt: row.created_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
        actions: row.actions,
        projects: row.projects?.length ?? null,
        current: row.id === ctx.actor.tokenId,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/account/tokens',
    operationId: 'createToken',
    permission: { action: 'tokens:create', resource: 'self', stepUp: true },
    summary: 'Create an API token; it is shown this one time',
    body: CreateToken,
    response: NewToken,
    status: 201,
    handler: async (ctx, { body }) => {
      if (body.days > TOKEN_DAYS.most) return tokenTooLong(TOKEN_DAYS.most);
      const limits = await limitsOf(ctx, body);
      if (isRefusal(limits)) return limits;
      const { accountId } = ctx.actor;
      const made = await store.createToken(ctx.db, {
        accountId,
        name: body.name,
        days: body.days,
        now: ctx.now,
        ...limits,
      });
      return shown(made, ctx.actor.name);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/account/tokens/:token/rotate',
    operationId: 'rotateToken',
    permission: { action: 'tokens:create', resource: 'self', stepUp: true },
    summary: 'Replace a token by a new one of the same limits and length of life; the old one ends',
    params: token,
    body: z.strictObject({
      hours: z
        .int()
        .min(0)
        .max(168)
        .default(24)
        .meta({ description: 'Hours that the old one still works; 0: it ends at once' }),
    }),
    response: NewToken,
    status: 201,
    handler: async (ctx, { params, body }) => {
      const { accountId } = ctx.actor;
      const old = await store.findToken(ctx.db, accountId, params.token, ctx.now);
      if (!old) return tokenNotFound();
      const life = Math.round((old.expires_at.getTime() - old.created_at.getTime()) / DAY);
      const made = await store.createToken(ctx.db, {
        accountId,
        name: old.name,
        days: Math.min(Math.max(life, 1), TOKEN_DAYS.most),
        now: ctx.now,
        actions: old.actions,
        projects: old.projects,
      });
      await store.endTokenAt(ctx.db, old.id, new Date(ctx.now.getTime() + body.hours * 3_600_000));
      return shown(made, ctx.actor.name);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/account/tokens/:token',
    operationId: 'revokeToken',
    permission: { action: 'tokens:revoke', resource: 'self' },
    summary: 'Revoke one of your API tokens, at once',
    params: token,
    response: Done,
    handler: async (ctx, { params }) =>
      (await store.revokeToken(ctx.db, ctx.actor.accountId, params.token, ctx.now)) ? ok : tokenNotFound(),
  }),
];

export const shown = (
  made: { id: string; token: { reveal(): string }; expiresAt: Date },
  account: string,
): z.input<typeof NewToken> => ({
  token: made.token.reveal(),
  id: made.id,
  account,
  expiresAt: made.expiresAt.toISOString(),
});

const project = z.strictObject({ project: name('Name of the project') });

/** Tokens of a project for CI: nobody's, so they stay when a person leaves; they may deploy, and nothing else. */
const ofProjects = [
  route({
    method: 'GET',
    path: '/v1/projects/:project/deploy-tokens',
    operationId: 'listDeployTokens',
    permission: { action: 'deploy-tokens:read', resource: 'project' },
    summary: 'The deploy tokens of a project',
    params: project,
    response: z.object({ tokens: z.array(DeployToken) }),
    handler: async (ctx) => ({
      tokens: (await deploy.listDeployTokens(ctx.db, ctx.scope.projectId, ctx.now)).map((row) => ({
        id: row.id,
        name: row.name,
        createdBy: row.created_by,
        createdAt: row.created_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/deploy-tokens',
    operationId: 'createDeployToken',
    permission: { action: 'deploy-tokens:manage', resource: 'project', stepUp: true },
    summary:
      'Create a deploy token for CI; it is shown this one time and may deploy in this project, nothing else',
    params: project,
    body: z.strictObject({ name: TokenName, days }),
    response: NewToken,
    status: 201,
    handler: async (ctx, { body }) => {
      if (body.days > TOKEN_DAYS.most) return tokenTooLong(TOKEN_DAYS.most);
      const { organizationId, projectId } = ctx.scope;
      const made = await deploy.createDeployToken(ctx.db, {
        organizationId,
        projectId,
        name: body.name,
        by: ctx.actor.name,
        days: body.days,
        now: ctx.now,
      });
      return shown(made, ctx.actor.name);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/deploy-tokens/:token',
    operationId: 'revokeDeployToken',
    permission: { action: 'deploy-tokens:manage', resource: 'project' },
    summary: 'Revoke a deploy token, at once',
    params: z.strictObject({
      project: name('Name of the project'),
      token: z.uuid().meta({ description: 'Id of the token' }),
    }),
    response: Done,
    handler: async (ctx, { params }) =>
      (await deploy.revokeDeployToken(ctx.db, ctx.scope.projectId, params.token, ctx.now))
        ? ok
        : tokenNotFound(),
  }),
];

export const tokenRoutes: Row[] = [...own, ...ofProjects];
