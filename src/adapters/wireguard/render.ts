import { Secret } from '../../kernel/secret.ts';
import type { TunnelPeer } from './port.ts';

/** Configuration for `wg syncconf`, sorted, so that the same peers are the same text. */
export const renderTunnel = (key: Secret, port: number, peers: readonly TunnelPeer[]): Secret =>
  new Secret(
    [
      `[Interface]\nPrivateKey = ${key.reveal()}\nListenPort = ${port}\n`,
      ...[...peers]
        .sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1))
        .map(({ publicKey, address }) => `[Peer]\nPublicKey = ${publicKey}\nAllowedIPs = ${address}/32\n`),
    ].join('\n'),
  );
