import { Refusal } from '../../kernel/refusal.ts';

export const organizationExists = (name: string) =>
  new Refusal(
    'organization_exists',
    `There is an organization named ${name} already`,
    'Choose another name.',
  );

export const memberNotFound = (name: string) =>
  new Refusal(
    'member_not_found',
    `The organization has no member ${name}`,
    'List them with: bastide members',
  );

export const memberExists = () =>
  new Refusal(
    'member_exists',
    'Somebody with this address is a member already',
    'Change the role with: bastide members:role',
  );

export const roleAboveOwn = (role: string) =>
  new Refusal(
    'role_above_own',
    `You may make nobody ${role} here: it is more than you are`,
    'Ask an owner of the organization.',
  );

export const lastOwner = () =>
  new Refusal(
    'last_owner',
    'An organization keeps an owner, and this is the last one',
    'Make another member owner first: bastide members:role',
  );

export const invitationTooLong = (most: number) =>
  new Refusal(
    'invitation_too_long',
    `An invitation lives ${most} days at most`,
    `Ask for ${most} days or fewer.`,
  );

export const invitationNotFound = () =>
  new Refusal(
    'invitation_not_found',
    'There is no such invitation',
    'List them with: bastide members:invitations',
  );

export const moveToItself = () =>
  new Refusal(
    'move_to_itself',
    'The project belongs to this organization already',
    'Name another organization.',
  );

export const moveNotFound = () =>
  new Refusal(
    'move_not_found',
    'Nobody has offered such a project, or the offer is over',
    'List them with: bastide projects:moves',
  );

export const moveBusy = () =>
  new Refusal(
    'move_busy',
    'Work on the project is under way',
    'Try again when it has ended; see: bastide operations',
  );

export const moveOpen = () =>
  new Refusal(
    'move_open',
    'A database of the project is open to somebody, or the project is to be erased',
    'End it first: bastide grants, bastide projects:erase:cancel',
  );

export const projectExists = (name: string) =>
  new Refusal('project_exists', `There is a project named ${name} already`, 'Choose another name.');
