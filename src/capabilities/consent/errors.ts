import { Refusal } from '../../kernel/refusal.ts';

export const reasonNeeded = () =>
  new Refusal(
    'staff_access_reason_needed',
    'The customer is told why: a reason of 10 to 500 characters is missing',
    'Give one: --reason "…"',
  );

export const staffAccessNotFound = () =>
  new Refusal(
    'staff_access_not_found',
    'There is no such request or grant of staff access here',
    'List them with: bastide access:requests, bastide access:grants',
  );

export const staffAccessDecided = (state: string) =>
  new Refusal(
    'staff_access_decided',
    `It waits no more: it is ${state}`,
    'See: bastide access:grants. A new request is needed for more.',
  );

export const staffAccessOwn = () =>
  new Refusal(
    'staff_access_own',
    'Nobody says yes to what he asked for himself',
    'Another owner or admin of the organization decides; a break-glass another operator.',
  );

export const staffAccessOver = (state: string) =>
  new Refusal('staff_access_over', `There is nothing to end: it is ${state}`, 'See: bastide access:grants');

export const staffAccessForInvalid = (text: string) =>
  new Refusal(
    'staff_access_for_invalid',
    `Staff access cannot last ${text}`,
    'Give one between 1m and 8h, for a break-glass 1h at most: --for 1h',
  );

export const breakGlassTooNew = () =>
  new Refusal(
    'break_glass_too_new',
    'Whoever became an operator less than a day ago confirms no break-glass',
    'Another operator confirms it.',
  );

export const breakGlassUnreviewable = () =>
  new Refusal(
    'break_glass_unreviewable',
    'Only a break-glass that was opened is reviewed, once',
    'List them with: bastide break-glass',
  );

export const staffOwnRole = () =>
  new Refusal(
    'staff_own_role',
    'Nobody changes his own role on the plane of the platform',
    'Another operator does it: bastide staff:add, bastide staff:remove',
  );

export const staffAccountNotFound = (name: string) =>
  new Refusal(
    'staff_account_not_found',
    `There is no account ${name} with a second factor`,
    'Whoever joins the staff signs in once and enrols a second factor first.',
  );

export const staffMemberNotFound = (name: string) =>
  new Refusal('staff_member_not_found', `The staff has no member ${name}`, 'List it with: bastide staff');

export const staffLastOperator = () =>
  new Refusal(
    'staff_last_operator',
    'The platform keeps an operator, and this is the last one',
    'Make another account operator first: bastide staff:add',
  );
