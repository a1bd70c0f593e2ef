import { Refusal } from '../../kernel/refusal.ts';

export const vpnOnly = () =>
  new Refusal(
    'vpn_only',
    'This answers inside the VPN for operators only',
    'Bring your tunnel up and say: bastide vpn:use. Root on the server says: bastide vpn:use --local.',
  );

export const vpnNotReady = () =>
  new Refusal(
    'vpn_not_ready',
    'The server has no key for the VPN yet',
    'Try again in a few seconds; npm run doctor on the server says whether the agent runs.',
  );

export const vpnNoHandshake = () =>
  new Refusal(
    'vpn_no_handshake',
    'No peer was heard of in the last ten minutes, so that everybody would be locked out',
    'Enrol one (bastide vpn:enrol), bring its tunnel up, then try again: bastide vpn:peers shows the handshake.',
  );

export const vpnFull = () =>
  new Refusal('vpn_full', 'Every address in the VPN is taken', 'Revoke peers that nobody uses.');

export const vpnPeerExists = (name: string) =>
  new Refusal('vpn_peer_exists', `There is a peer ${name}`, 'Take another name, or revoke it first.');

export const vpnKeyTaken = () =>
  new Refusal('vpn_key_taken', 'That key was enrolled before', 'Make a new one: a key is good once.');

export const vpnPeerNotFound = (name: string) =>
  new Refusal('vpn_peer_not_found', `There is no peer ${name}`, 'List them with: bastide vpn:peers');

export const vpnFileExists = (path: string, why: string) =>
  new Refusal(
    'vpn_file_exists',
    `${path} cannot be made anew (${why})`,
    'Name another file with --file; what is there is not touched.',
  );
