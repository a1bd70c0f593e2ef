import { Refusal } from '../kernel/refusal.ts';

const HELP = 'See the API reference at /openapi.json.';

export const routeNotFound = () => new Refusal('route_not_found', 'There is nothing at this address', HELP);

export const methodNotAllowed = (allowed: readonly string[]) =>
  new Refusal('method_not_allowed', 'This address does not take that method', `Use ${allowed.join(' or ')}.`);

export const requestInvalid = (fields: readonly { path: string; message: string }[]) =>
  new Refusal(
    'request_invalid',
    `The request is not what this route takes: ${fields.map((f) => `${f.path || 'request'}: ${f.message}`).join('; ')}`.slice(
      0,
      1000,
    ),
    HELP,
    { fields },
  );

export const upgradeNeeded = () => new Refusal('upgrade_needed', 'This address is for WebSockets', HELP);

export const originRefused = () =>
  new Refusal(
    'origin_refused',
    'A page of another site may not open this',
    'Open it with the CLI, or from a page of the platform.',
  );

export const sessionJoined = () =>
  new Refusal('session_joined', 'Somebody is at this session already', 'Open another one.');

export const noSession = () =>
  new Refusal('terminal_not_found', 'This operation is no session', 'Open one with: bastide run');

export const sessionRevoked = () =>
  new Refusal(
    'session_revoked',
    'You may not be in this session any more',
    'Sign in again, or ask an owner of the organization.',
  );

export const fileGone = () =>
  new Refusal('file_gone', 'The file is not there any more', 'Ask for a new one.');

export const requestMalformed = () =>
  new Refusal('request_malformed', 'The request cannot be read', 'Send well-formed JSON in UTF-8.');

export const requestTooLarge = (most: number) =>
  new Refusal('request_too_large', `This is more than the ${most} bytes that are taken here`, 'Send less.', {
    most,
  });

export const contentTypeUnsupported = (accepted: string) =>
  new Refusal('content_type_unsupported', 'The body has a type that is not taken here', `Send ${accepted}.`);

export const internalError = (requestId: string) =>
  new Refusal(
    'internal_error',
    `Something went wrong on our side (request ${requestId})`,
    'Try again; if it comes back, report the request id.',
  );

export const databaseUnavailable = () =>
  new Refusal(
    'database_unavailable',
    'The database does not answer',
    'Try again in a moment; on the server: npm run doctor',
  );

export const organizationNotFound = (name: string) =>
  new Refusal(
    'organization_not_found',
    `You have no organization ${name}`,
    'List them with: bastide organizations',
  );

export const projectNotFound = (name: string) =>
  new Refusal('project_not_found', `You have no project ${name}`, 'List them with: bastide projects');

export const appNotFound = (name: string) =>
  new Refusal('app_not_found', `You have no app ${name}`, 'List them with: bastide apps');

export const databaseNotFound = (name: string) =>
  new Refusal('database_not_found', `You have no database ${name}`, 'List them with: bastide databases');

export const operationNotFound = () =>
  new Refusal('operation_not_found', 'You have no such operation', 'List them with: bastide operations');

export const operationEnded = () =>
  new Refusal(
    'operation_ended',
    'The operation has ended already',
    'Look at it with: bastide operations:info',
  );

export const notYourOperation = () =>
  new Refusal(
    'operation_not_yours',
    'Only who started it may type into it',
    'Start one of your own with: bastide run',
  );

export const uploadBusy = () =>
  new Refusal('upload_busy', 'Too many uploads are under way', 'Wait until one has ended, then try again.');

export const uploadsFull = () =>
  new Refusal(
    'uploads_full',
    'There is no room for an upload of this size now',
    'Try again later; on the server: npm run doctor',
  );

export const uploadShareFull = (most: number) =>
  new Refusal(
    'upload_share_full',
    `The uploads of your organization that wait for their build would take more than ${most} bytes`,
    'Deploy what you have uploaded, or wait: an upload that nobody deploys goes after a day.',
    { most },
  );

export const uploadCut = () =>
  new Refusal('upload_cut', 'The upload ended before it was complete', 'Try again.');
