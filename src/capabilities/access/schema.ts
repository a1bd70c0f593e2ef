import { type Action, actions, UNDER_CONSENT } from './model.ts';

const GROUPS = [
  'look',
  'change',
  'reach',
  'manage',
  'govern',
  'review',
  'operate',
  'oversee',
  'safeguard',
  'probe',
  'browse',
  'own',
] as const;
type Group = (typeof GROUPS)[number];

/** Groups whose actions are about the platform as a whole. */
export const PLATFORM: ReadonlySet<string> = new Set<Group>([
  'operate',
  'oversee',
  'safeguard',
  'probe',
  'browse',
]);
const CONSENTS = Object.keys(UNDER_CONSENT) as (keyof typeof UNDER_CONSENT)[];

/** The group of the action, and those of what a customer can consent to. */
const groupsOf = (action: Action): string =>
  [
    actions[action],
    ...CONSENTS.filter((scope) => (UNDER_CONSENT[scope] as readonly Action[]).includes(action)).map(
      (scope) => `under-consent-${scope}`,
    ),
  ]
    .map((group) => `"${group}"`)
    .join(', ');

const appliesTo = (group: Group): string => {
  if (PLATFORM.has(group)) return 'Platform';
  if (group === 'own') return 'Account';
  return 'Organization, Project, App, Operation';
};

/** PURE. The Cedar schema that the policies are checked against: the nouns by hand, the actions from the one list. */
export function renderSchema(): string {
  const verbs = (Object.keys(actions) as Action[]).map(
    (action) =>
      `  action "${action}" in [${groupsOf(action)}] appliesTo { principal: [Account], resource: [${appliesTo(actions[action])}] };`,
  );
  return `namespace Bastide {
  entity Role;
  entity Account in [Role];
  entity Platform;
  type Consent = { ${CONSENTS.map((scope) => `${scope}: Role`).join(', ')} };
  entity Organization = {
    organization: Organization, consent: Consent, owners: Role, admins: Role, developers: Role, viewers: Role, auditors: Role,
  };
  entity Project, App, Operation = { organization: Organization, consent: Consent };
${[...GROUPS, ...CONSENTS.map((scope) => `"under-consent-${scope}"`)].map((group) => `  action ${group};`).join('\n')}
${verbs.join('\n')}
}
`;
}
