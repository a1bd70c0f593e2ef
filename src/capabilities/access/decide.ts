import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import {
  type Action,
  type Actor,
  actions,
  type Consent,
  type Limits,
  type Membership,
  type PlaneRole,
  type Resource,
  Scope,
} from './model.ts';
import { renderSchema } from './schema.ts';

export interface Decision {
  readonly allowed: boolean;
  /** The @id of the policy that decided; none where nothing permits. */
  readonly policy: string | undefined;
  /** For the audit log. */
  readonly reason: string;
  /** The grant of staff access that it rests on, and on nothing else; its id goes wherever the request goes. */
  readonly grant?: string;
}

/** Answers every "may this person?". Anything but an explicit allow is a deny, an error too. */
export type Decide = (actor: Actor, action: Action, resource: Resource) => Decision;

const uid = (type: string, id: string) => ({ type: `Bastide::${type}`, id });
const PLATFORM = 'platform';

/** Roles of the platform itself, as the policies call them. */
const PLANE: Partial<Record<Membership['role'], string>> = {
  operator: 'operators',
  'security-officer': 'security-officers',
  'platform-auditor': 'platform-auditors',
  prober: 'probers',
} satisfies Record<PlaneRole, string>;

const team = ({ organizationId, role }: Membership) =>
  uid('Role', (organizationId === null && PLANE[role]) || `${organizationId}:${role}`);

const consented = (projectId: string, scope: Scope) => `consent:${projectId}:${scope}`;
const followed = (grantId: string) => `grant:${grantId}`;

/** Whom the grants of staff access make somebody. */
const guests = (consents: readonly Consent[]) =>
  consents.flatMap(({ grantId, projectId, scopes }) => [
    uid('Role', followed(grantId)),
    ...scopes.map((scope) => uid('Role', consented(projectId, scope))),
  ]);

/** Who may come in by consent: of a project each scope's guests, of an operation whoever asked for it under the grant. */
function consentOf(resource: Resource): Record<string, { __entity: cedar.TypeAndId }> {
  const about = resource.type === 'Project' || resource.type === 'App' ? resource.projectId : undefined;
  const grant = resource.type === 'Operation' ? resource.grantId : undefined;
  const scopes = Scope.options.map((scope) => [scope, about ? consented(about, scope) : 'nobody'] as const);
  const all = [...scopes, ['follow', grant ? followed(grant) : 'nobody'] as const];
  return Object.fromEntries(all.map(([name, role]) => [name, { __entity: uid('Role', role) }]));
}

/** PURE. The grant that an answer rests on; none where a membership gives it too. */
export function grantOf(actor: Actor, resource: Resource, reasons: readonly string[]): string | undefined {
  if (reasons.length === 0 || !reasons.every((id) => id.startsWith('consent-'))) return undefined;
  if (resource.type === 'Operation') return resource.grantId ?? undefined;
  const project = 'projectId' in resource ? resource.projectId : undefined;
  return actor.consents?.find(
    ({ projectId, scopes }) =>
      projectId === project && scopes.some((scope) => reasons.includes(`consent-${scope}`)),
  )?.grantId;
}

const TEAMS = {
  owners: 'owner',
  admins: 'admin',
  developers: 'developer',
  viewers: 'viewer',
  auditors: 'auditor',
};

const NOBODY = consentOf({ type: 'Platform' });

/** The platform is an organization of its own: operators are its owners. */
function organizationEntity(id: string | null): cedar.EntityJson {
  const self = uid('Organization', id ?? PLATFORM);
  const teams = Object.entries(TEAMS).map(([name, role]) => {
    const members = id === null ? (role === 'owner' ? 'operators' : 'nobody') : `${id}:${role}`;
    return [name, { __entity: uid('Role', members) }];
  });
  return {
    uid: self,
    attrs: { organization: { __entity: self }, consent: NOBODY, ...Object.fromEntries(teams) },
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
  const attrs = {
    organization: { __entity: uid('Organization', resource.organizationId ?? PLATFORM) },
    consent: consentOf(resource),
  };
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
        entities: [
          {
            uid: principal,
            attrs: {},
            parents: [...actor.memberships.map(team), ...guests(actor.consents ?? [])],
          },
          ...entities,
        ],
        preparsedPolicySetId: name,
        preparsedSchemaName: name,
        validateRequest: true,
      });
      if (answer.type !== 'success') return deny(`error: ${answer.errors[0]?.message ?? 'unknown'}`);
      const { decision, diagnostics } = answer.response;
      if (diagnostics.errors.length > 0) return deny(`error in ${diagnostics.errors[0]!.policyId}`);
      const policy = diagnostics.reason.join('+') || undefined;
      if (decision !== 'allow') return { allowed: false, policy, reason: policy ?? 'no policy permits it' };
      const grant = grantOf(actor, resource, diagnostics.reason);
      const rests = diagnostics.reason.every((id) => id.startsWith('consent-'));
      if (rests && grant === undefined) return deny('error: consent without a grant');
      return { allowed: true, policy, reason: policy ?? '', ...(grant === undefined ? {} : { grant }) };
    } catch (error) {
      return deny(`error: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}
