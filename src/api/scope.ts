import type { Decide, Decision } from '../capabilities/access/decide.ts';
import type { Action, Actor, Resource } from '../capabilities/access/model.ts';
import type { Tenant, TenantDb } from '../db/transaction.ts';
import type { Refusal } from '../kernel/refusal.ts';
import {
  appNotFound,
  databaseNotFound,
  operationNotFound,
  organizationNotFound,
  projectNotFound,
} from './errors.ts';
import type { ResourceKind, Scopes } from './route.ts';
import * as store from './store.ts';

/** What a request is about: for the policies, for the database, for the audit log. */
export interface Found {
  readonly scope: Scopes[ResourceKind];
  readonly resource: Resource;
  readonly tenant: Tenant;
  /** For example `app:shop`. */
  readonly target: string;
  readonly organizationId: string | null;
  /** What to answer where it is not there, or the actor is a stranger to it: the same. */
  readonly missing: Refusal | undefined;
}

const tenantOf = (organizationId: string | null): Tenant =>
  organizationId === null ? { operator: true } : { organizationId };

async function named(
  db: TenantDb,
  kind: 'organization' | 'project' | 'app' | 'database' | 'operation',
  name: string,
): Promise<Found | Refusal> {
  const target = `${kind}:${name}`;
  if (kind === 'organization') {
    const scope = await store.findOrganization(db, name);
    const missing = organizationNotFound(name);
    if (!scope) return missing;
    const { organizationId } = scope;
    const resource: Resource = { type: 'Organization', id: organizationId, organizationId };
    return { scope, resource, tenant: { organizationId }, target, organizationId, missing };
  }
  if (kind === 'project') {
    const scope = await store.findProject(db, name);
    const missing = projectNotFound(name);
    if (!scope) return missing;
    const { organizationId, projectId } = scope;
    const resource: Resource = { type: 'Project', id: projectId, organizationId, projectId };
    return { scope, resource, tenant: { organizationId }, target, organizationId, missing };
  }
  if (kind === 'app') {
    const scope = await store.findApp(db, name);
    const missing = appNotFound(name);
    if (!scope) return missing;
    const { organizationId, appId, projectId } = scope;
    const resource: Resource = { type: 'App', id: appId, organizationId, projectId };
    return { scope, resource, tenant: { organizationId }, target, organizationId, missing };
  }
  if (kind === 'database') {
    const scope = await store.findDatabase(db, name);
    const missing = databaseNotFound(name);
    if (!scope) return missing;
    const { organizationId, projectId } = scope;
    // To the policies a database is a part of its project.
    const resource: Resource = { type: 'Project', id: projectId, organizationId, projectId };
    return { scope, resource, tenant: { organizationId }, target, organizationId, missing };
  }
  const scope = await store.findOperation(db, name);
  if (!scope) return operationNotFound();
  const { organizationId, operationId, projectId, grantId } = scope;
  const resource: Resource = { type: 'Operation', id: operationId, organizationId, projectId, grantId };
  return {
    scope,
    resource,
    tenant: tenantOf(organizationId),
    target,
    organizationId,
    missing: operationNotFound(),
  };
}

/** Looks up what a request is about. The names come from parameters that were checked. */
export async function findScope(
  db: TenantDb,
  kind: ResourceKind,
  params: Readonly<Record<string, string>>,
  actor: Actor,
): Promise<Found | Refusal> {
  if (kind === 'platform')
    return {
      scope: { organizationId: null },
      resource: { type: 'Platform' },
      tenant: { operator: true },
      target: 'platform',
      organizationId: null,
      missing: undefined,
    };
  if (kind === 'self')
    return {
      scope: { accountId: actor.accountId },
      resource: { type: 'Account', id: actor.accountId },
      tenant: { signIn: true },
      target: `account:${actor.name}`,
      organizationId: null,
      missing: undefined,
    };
  if (kind === 'list') throw new Error('a list has no one scope');
  return named(db, kind, params[kind] ?? '');
}

/** A list reads across the organizations in which the actor may do the action; maybe none. */
export function listScope(
  decide: Decide,
  actor: Actor,
  action: Action,
): { found: Found; decision: Decision } {
  const member = [...new Set(actor.memberships.map((m) => m.organizationId).filter((id) => id !== null))];
  const organizationIds = member.filter(
    (id) => decide(actor, action, { type: 'Organization', id, organizationId: id }).allowed,
  );
  return {
    found: {
      scope: { organizationIds },
      resource: { type: 'Account', id: actor.accountId },
      tenant: { organizationIds },
      target: 'list',
      organizationId: null,
      missing: undefined,
    },
    decision: { allowed: true, policy: 'list', reason: `in ${organizationIds.length} organizations` },
  };
}
