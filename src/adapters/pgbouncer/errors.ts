import { Refusal } from '../../kernel/refusal.ts';

export const routeInvalid = (user: string) =>
  new Refusal(
    'gateway_route_invalid',
    `A gateway cannot be told of ${JSON.stringify(user)}: its name, address or database is malformed`,
    'Report it with the operation id.',
  );

export const filesUnwritable = (directory: string, message: string) =>
  new Refusal(
    'gateway_files_unwritable',
    `${directory}: ${message}`,
    'See that the disk is neither full nor read-only.',
  );

export const notFollowing = (gateway: string, message: string) =>
  new Refusal(
    'gateway_not_following',
    `The ${gateway} gateway did not take over what it was told: ${message}`,
    'Try again; its log is in: docker logs of its container, on the node.',
  );
