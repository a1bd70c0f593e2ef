import { Refusal } from '../../kernel/refusal.ts';
import type { Proof } from './model.ts';

export const releaseUnhealthy = (version: number, why: string): Refusal =>
  new Refusal(
    'release_unhealthy',
    `Release v${version} did not become healthy: ${why}`,
    'What served before still serves. Read the log above; the health path must answer 2xx on the port in PORT.',
  );

export const edgeWaitEnded = (version: number): Refusal =>
  new Refusal(
    'edge_wait_ended',
    `Waiting for v${version} was cut short`,
    'Nothing to do: it is looked at again.',
  );

export const edgeStepUnknown = (kind: string): Refusal =>
  new Refusal(
    'edge_step_unknown',
    `The edge does not know the step ${kind}`,
    'Report it: the platform planned something that its agent cannot do.',
  );

export const certificateLost = (host: string, why: string): Refusal =>
  new Refusal(
    'certificate_unwritable',
    `The certificate of ${host} could not be kept: ${why}`,
    'Look at the disk; run npm run doctor.',
  );

const ASK = 'Give a host name such as shop.example.org.';

export const hostNotAscii = (host: string): Refusal =>
  new Refusal(
    'host_not_ascii',
    `${JSON.stringify(host)} has characters outside a–z, 0–9 and dash`,
    'Give the name in its ASCII form (xn--…).',
  );
export const hostMalformed = (host: string): Refusal =>
  new Refusal('host_malformed', `${JSON.stringify(host.slice(0, 300))} is no host name`, ASK);
export const hostUnderscore = (host: string): Refusal =>
  new Refusal(
    'host_underscore',
    `${host} has an underscore, which no host name and no certificate may have`,
    'Use a dash.',
  );
export const hostTrailingDot = (host: string): Refusal =>
  new Refusal('host_trailing_dot', `${host} ends in a dot`, 'Leave the dot at the end out.');
export const hostIsAddress = (host: string): Refusal =>
  new Refusal('host_is_address', `${host} is an address, not a name`, ASK);
export const hostWildcard = (host: string): Refusal =>
  new Refusal(
    'host_wildcard',
    `${host} is a pattern; a certificate for it cannot be proven over HTTP`,
    'Add each name on its own.',
  );
export const hostSpecial = (host: string): Refusal =>
  new Refusal(
    'host_special',
    `${host} is under a name that the internet never resolves`,
    'Give a name that the public DNS knows.',
  );
export const hostReserved = (host: string): Refusal =>
  new Refusal(
    'host_reserved',
    `${host} belongs to the platform`,
    "Apps have their name under the platform's domain already; add a name of your own.",
  );
export const hostTaken = (host: string): Refusal =>
  new Refusal(
    'host_taken',
    `${host} already leads to an app`,
    'Remove it there first, if that app is yours.',
  );
export const hostUnproven = (host: string, { record, value }: Proof): Refusal =>
  new Refusal(
    'host_unproven',
    `${host} waits: nothing in its zone says yet that it is yours`,
    `Make a TXT record ${record} with the text ${value}. It is looked for again and again for seven days; bastide domains:add looks at once.`,
    { record, value },
  );
export const nameServersSilent = (host: string): Refusal =>
  new Refusal(
    'name_servers_silent',
    `No name server says whether ${host} is yours`,
    "It is looked for again by itself. Look at the zone's name servers, and at this machine's if it goes on.",
  );
export const domainNotFound = (host: string): Refusal =>
  new Refusal(
    'domain_not_found',
    `This app has no domain ${host.slice(0, 300)}`,
    'bastide domains lists what it has.',
  );
export const domainLimit = (limit: number): Refusal =>
  new Refusal('domain_limit', `An app has at most ${limit} domains`, 'Remove one that is not used any more.');
export const domainIsPlatforms = (host: string): Refusal =>
  new Refusal(
    'domain_is_platforms',
    `${host} is the name that the platform gave this app`,
    'It goes with the app.',
  );
