import { z } from 'zod';
import { route } from '../../../api/route.ts';
import { policyDocs } from '../decide.ts';
import { accountNotFound, actionUnknown, resourceUnknown } from '../errors.ts';
import { AccountName, type Action, actions, Explained } from '../model.ts';
import { readPolicies } from '../policies.ts';
import * as store from '../store/explain.ts';

let docs: Promise<Record<string, string>> | undefined;

/** What the policies say of themselves, read once. */
const meanings = (): Promise<Record<string, string>> => {
  docs ??= readPolicies().then(policyDocs);
  return docs;
};

/** The policies' own answer for somebody else, and the rule that gives it: asked of the same decider that lets people in. */
export const explainRoute = route({
  method: 'GET',
  path: '/v1/organizations/:organization/access',
  operationId: 'explainAccess',
  permission: { action: 'access:explain', resource: 'organization' },
  summary: 'Whether a member may do something, and which rule says so',
  params: z.strictObject({
    organization: z.string().max(40).meta({ description: 'Name of the organization' }),
  }),
  query: z.strictObject({
    account: AccountName,
    action: z.string().max(60).meta({ description: 'For example apps:deploy' }),
    resource: z
      .string()
      .regex(/^(organization|(project|app):[a-z][a-z0-9-]{0,39})$/)
      .default('organization')
      .meta({ description: 'organization, project:NAME or app:NAME', example: 'app:shop' }),
  }),
  response: Explained,
  handler: async (ctx, { query }) => {
    const { organizationId } = ctx.scope;
    if (!Object.hasOwn(actions, query.action)) return actionUnknown(query.action);
    const action = query.action as Action;
    const member = await store.memberNamed(ctx.db, organizationId, query.account);
    if (!member) return accountNotFound(query.account);
    const resource = await store.resourceNamed(ctx.db, organizationId, query.resource);
    if (!resource) return resourceUnknown();
    const { allowed, policy } = ctx.decide(
      {
        accountId: member.id,
        name: member.name,
        tokenId: '',
        memberships: member.roles.map((role) => ({ organizationId, role })),
      },
      action,
      resource,
    );
    return {
      allowed,
      policy: policy ?? null,
      meaning: (policy && (await meanings())[policy]) ?? null,
      group: actions[action],
      roles: member.roles,
    };
  },
});
