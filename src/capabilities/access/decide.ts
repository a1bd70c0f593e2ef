import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { type Action, type Actor, actions, type Limits, type Membership, type Resource } from './model.ts';
import { renderSchema } from './schema.ts';

export interface Decision {
  readonly allowed: boolean;
  /** The @id of the policy that decided; none where nothing permits. */
  readonly policy: string | undefined;
  /** For the audit log. */
  readonly reason: string;
}

/** Answers every "may this person?". Anything but an explicit allow is a deny, an error too. */
export type Decide = (actor: Actor, action: Action, resource: Resource) => Decision;

const uid = (type: string, id: string) => ({ type: `Bastide::${type}`, id });
const PLATFORM = 'platform';

/** Roles of the platform itself, as the policies call them. */
const PLANE: Partial<Record<Membership['role'], string>> = { operator: 'operators', prober: 'probers' };

const team = ({ organizationId, role }: Membership) =>
  uid('Role', (organizationId === null && PLANE[role]) || `${organizationId}:${role}`);

const TEAMS = {
  owners: 'owner',
  admins: 'admin',
  developers: 'developer',
  viewers: 'viewer',
  auditors: 'auditor',
};

/** The platform is an organization of its own: operators are its owners. */
function organizationEntity(id: string | null): cedar.EntityJson {
  const self = uid('Organization', id ?? PLATFORM);
  const teams = Object.entries(TEAMS).map(([name, role]) => {
    const members = id === null ? (role === 'owner' ? 'operators' : 'nobody') : `${id}:${role}`;
    return [name, { __entity: uid('Role', members) }];
  });
  return {
    uid: self,
    attrs: { organization: { __entity: self }, ...Object.fromEntries(teams) },
    parents: [],
  };
}

function resourceEntities(resource: Resource): { uid: cedar.EntityUidJson; entities: cedar.EntityJson[] } {
  if (resource.type === 'Platform') {
    const self = uid('Platform', PLATFORM);
    return { uid: self, entities: [{ uid: self, attrs: {}, parents: [] }] };
  }
  if (resource.type === 'Account') return { uid: uid('Account', resource.id), entities: [] };
  const organization = organizationEntity(resource.organizationId);
  if (resource.type === 'Organization') return { uid: organization.uid, entities: [organization] };
  const self = uid(resource.type, resource.id);
  const attrs = { organization: { __entity: uid('Organization', resource.organizationId ?? PLATFORM) } };
  return { uid: self, entities: [organization, { uid: self, attrs, parents: [] }] };
}

/** Policies keyed by their @id, so that an answer names the one that decided. Throws where one has no @id. */
export function splitPolicies(text: string): Record<string, string> {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') throw new Error(`policies: ${parts.errors.map((e) => e.message).join('; ')}`);
  const named = parts.policies.map((policy): [string, string] => {
    const id = /@id\("([a-z][a-z-]*)"\)/.exec(policy)?.[1];
    if (!id) throw new Error(`policies: one has no @id: ${policy.slice(0, 80)}`);
    return [id, policy];
  });
  if (new Set(named.map(([id]) => id)).size !== named.length)
    throw new Error('policies: an @id is there twice');
  return Object.fromEntries(named);
}

/**
 * PURE. What keeps a limited token from an action that its account may; undefined where nothing does. It may always say
 * whose it is; of the account's own things it may nothing else, or it could make itself a better one.
 */
export function limitOf(limits: Limits, action: Action, resource: Resource): string | undefined {
  if (action === 'account:read') return undefined;
  if (resource.type === 'Account') return 'a limited token may nothing of its account';
  if (limits.actions && !limits.actions.includes(action)) return 'the token is not for this action';
  if (limits.projects === null) return undefined;
  const project = resource.type === 'Platform' ? undefined : resource.projectId;
  return project && limits.projects.includes(project) ? undefined : 'the token is not for this project';
}

/** PURE. What each policy says of itself, by its @id. */
export const policyDocs = (text: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(splitPolicies(text)).map(([id, policy]) => [
      id,
      /@doc\("([^"]*)"\)/.exec(policy)?.[1] ?? '',
    ]),
  );

let loaded = 0;

/** Checks the policies strictly against the schema and throws on the first fault: the server does not start. */
export function decider(text: string): Decide {
  const schema = renderSchema();
  const staticPolicies = splitPolicies(text);
  const checked = cedar.validate({
    schema,
    policies: { staticPolicies },
    validationSettings: { mode: 'strict' },
  });
  const faults =
    checked.type === 'failure'
      ? checked.errors.map((e) => e.message)
      : [...checked.validationErrors, ...checked.validationWarnings].map(
          (e) => `${e.policyId}: ${e.error.message}`,
        );
  if (faults.length > 0) throw new Error(`policies: ${faults.join('; ')}`);

  loaded += 1;
  const name = `bastide-${loaded}`;
  for (const answer of [
    cedar.preparsePolicySet(name, { staticPolicies }),
    cedar.preparseSchema(name, schema),
  ])
    if (answer.type === 'failure')
      throw new Error(`policies: ${answer.errors.map((e) => e.message).join('; ')}`);

  return (actor, action, resource) => {
    const deny = (reason: string): Decision => ({ allowed: false, policy: undefined, reason });
    if (!Object.hasOwn(actions, action)) return deny('unknown action');
    try {
      const limit = actor.limits && limitOf(actor.limits, action, resource);
      if (limit) return deny(limit);
      const { uid: about, entities } = resourceEntities(resource);
      const principal = uid('Account', actor.accountId);
      const answer = cedar.statefulIsAuthorized({
        principal,
        action: uid('Action', action),
        resource: about,
        context: {},
        entities: [{ uid: principal, attrs: {}, parents: actor.memberships.map(team) }, ...entities],
        preparsedPolicySetId: name,
        preparsedSchemaName: name,
        validateRequest: true,
      });
      if (answer.type !== 'success') return deny(`error: ${answer.errors[0]?.message ?? 'unknown'}`);
      const { decision, diagnostics } = answer.response;
      if (diagnostics.errors.length > 0) return deny(`error in ${diagnostics.errors[0]!.policyId}`);
      const policy = diagnostics.reason.join('+') || undefined;
      if (decision !== 'allow') return { allowed: false, policy, reason: policy ?? 'no policy permits it' };
      return { allowed: true, policy, reason: policy ?? '' };
    } catch (error) {
      return deny(`error: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}
