import { Refusal } from '../../kernel/refusal.ts';

export const organizationExists = (name: string) =>
  new Refusal(
    'organization_exists',
    `There is an organization named ${name} already`,
    'Choose another name.',
  );

export const projectExists = (name: string) =>
  new Refusal('project_exists', `There is a project named ${name} already`, 'Choose another name.');
