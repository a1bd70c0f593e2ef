import { actions } from './model.ts';

const GROUPS = [
  'look',
  'change',
  'reach',
  'manage',
  'govern',
  'review',
  'operate',
  'probe',
  'browse',
  'own',
] as const;
type Group = (typeof GROUPS)[number];

const appliesTo = (group: Group): string => {
  if (group === 'operate' || group === 'probe' || group === 'browse') return 'Platform';
  if (group === 'own') return 'Account';
  return 'Organization, Project, App, Operation';
};

/** PURE. The Cedar schema that the policies are checked against: the nouns by hand, the actions from the one list. */
export function renderSchema(): string {
  const verbs = Object.entries(actions).map(
    ([action, group]) =>
      `  action "${action}" in [${group}] appliesTo { principal: [Account], resource: [${appliesTo(group)}] };`,
  );
  return `namespace Bastide {
  entity Role;
  entity Account in [Role];
  entity Platform;
  entity Organization = {
    organization: Organization, owners: Role, admins: Role, developers: Role, viewers: Role, auditors: Role,
  };
  entity Project, App, Operation = { organization: Organization };
${GROUPS.map((group) => `  action ${group};`).join('\n')}
${verbs.join('\n')}
}
`;
}
