import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { organizationExists, projectExists } from './errors.ts';
import { Organization, OrganizationName, Project, ProjectName } from './model.ts';
import { type InvitationTokens, memberRoutes } from './routes/members.ts';
import { moveRoutes } from './routes/moves.ts';
import * as store from './store.ts';

const CreateOrganization = z.strictObject({ name: OrganizationName });
const CreateProject = z.strictObject({ name: ProjectName });

export const organizationRoutes = (tokens: InvitationTokens): Row[] => [
  ...memberRoutes(tokens),
  ...moveRoutes,
  route({
    method: 'GET',
    path: '/v1/organizations',
    operationId: 'listOrganizations',
    permission: { action: 'organizations:list', resource: 'list' },
    summary: 'The organizations that you belong to',
    response: z.object({ organizations: z.array(Organization) }),
    handler: async (ctx) => ({ organizations: await store.listOrganizations(ctx.db) }),
  }),
  route({
    method: 'POST',
    path: '/v1/organizations',
    operationId: 'createOrganization',
    permission: { action: 'organizations:create', resource: 'platform' },
    summary: 'Create an organization; you become its owner',
    body: CreateOrganization,
    response: Organization,
    status: 201,
    handler: async (ctx, { body }) => {
      try {
        const id = await store.createOrganization(ctx.db, body.name);
        await store.addMember(ctx.db, ctx.actor.accountId, id, 'owner');
        return await store.getOrganization(ctx.db, id);
      } catch (error) {
        if (store.isDuplicate(error)) return organizationExists(body.name);
        throw error;
      }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/organizations/:organization',
    operationId: 'getOrganization',
    permission: { action: 'organizations:read', resource: 'organization' },
    summary: 'One organization',
    params: z.strictObject({ organization: OrganizationName }),
    response: Organization,
    handler: (ctx) => store.getOrganization(ctx.db, ctx.scope.organizationId),
  }),
  route({
    method: 'POST',
    path: '/v1/organizations/:organization/projects',
    operationId: 'createProject',
    permission: { action: 'projects:create', resource: 'organization' },
    summary: 'Create a project; the agent makes its encryption key',
    params: z.strictObject({ organization: OrganizationName }),
    body: CreateProject,
    response: Accepted,
    status: 202,
    handler: async (ctx, { body }) => {
      try {
        const projectId = await store.createProject(ctx.db, ctx.scope.organizationId, body.name);
        return await ctx.submit({
          kind: 'keys.create-project',
          target: `project:${projectId}`,
          projectId,
          input: { projectId },
        });
      } catch (error) {
        if (store.isDuplicate(error)) return projectExists(body.name);
        throw error;
      }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/projects',
    operationId: 'listProjects',
    permission: { action: 'projects:list', resource: 'list' },
    summary: 'The projects of your organizations',
    response: z.object({ projects: z.array(Project) }),
    handler: async (ctx) => ({ projects: await store.listProjects(ctx.db) }),
  }),
  route({
    method: 'GET',
    path: '/v1/projects/:project',
    operationId: 'getProject',
    permission: { action: 'projects:read', resource: 'project' },
    summary: 'One project',
    params: z.strictObject({ project: ProjectName }),
    response: Project,
    handler: (ctx) => store.getProject(ctx.db, ctx.scope.projectId),
  }),
];
