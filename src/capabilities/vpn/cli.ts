import { join } from 'node:path';
import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { writeConfig } from '../../cli/config.ts';
import { noServer, usage } from '../../cli/errors.ts';
import type { Io } from '../../cli/io.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { operatorsSocket, VPN } from '../../main/paths.ts';
import { configText, intoNewFile, makeKeys } from './cli/file.ts';
import { vpnPeerNotFound } from './errors.ts';
import { Enrolled, EnrolPeer, ExpirePeer, Peer, VpnView } from './model.ts';

const AT = '/v1/platform/vpn';
const Peers = z.object({ peers: z.array(Peer) });
const Done = z.object({ ok: z.literal(true) });
const nameArgument = { name: 'name', description: 'name of the peer' };
const short = (at: string | null): string | null => at?.slice(0, 16).replace('T', ' ') ?? null;

async function peerOf(io: Io, name: string): Promise<Outcome<Peer>> {
  const list = await io.api.get(`${AT}/peers`, Peers);
  return isRefusal(list) ? list : (list.peers.find((peer) => peer.name === name) ?? vpnPeerNotFound(name));
}

const turn =
  (on: boolean, words: string): CommandRow['run'] =>
  async (io) => {
    const view = await io.api.send('PUT', AT, { on }, VpnView);
    if (isRefusal(view)) return view;
    io.print.done(view, words);
  };

/** Door 2 of the network that staff come in by. */
export const commands: readonly CommandRow[] = [
  {
    name: 'vpn',
    summary: 'Whether operators are let in by the VPN only, and how it is',
    examples: ['bastide vpn'],
    uses: ['showVpn'],
    async run(io) {
      const view = await io.api.get(AT, VpnView);
      if (isRefusal(view)) return view;
      io.print.record(view, {
        'operators come in': view.on
          ? `inside only, since ${short(view.since)} by ${view.by}`
          : 'from anywhere',
        tunnel: view.problem ?? view.carrier ?? 'down: nobody is enrolled',
        endpoint: view.server?.endpoint ?? null,
        'address inside': view.server?.address ?? null,
        'public key': view.server?.publicKey ?? null,
      });
    },
  },
  {
    name: 'vpn:peers',
    summary: 'Who may come in by the VPN, until when, and when each was last heard of',
    options: [{ flags: '--all', description: 'also who ended in the last thirty days' }],
    examples: ['bastide vpn:peers', 'bastide vpn:peers --all'],
    uses: ['listVpnPeers'],
    async run(io, input) {
      const list = await io.api.get(`${AT}/peers${input.options.all === true ? '?all=true' : ''}`, Peers);
      if (isRefusal(list)) return list;
      io.print.table(list.peers, {
        name: (peer) => peer.name,
        address: (peer) => peer.address,
        state: (peer) => peer.state,
        until: (peer) => short(peer.endedAt ?? peer.expiresAt),
        heard: (peer) => short(peer.handshakeAt) ?? 'never',
        by: (peer) => peer.enrolledBy,
      });
    },
  },
  {
    name: 'vpn:enrol',
    summary: 'Make a key on this computer, let it in, and write the configuration of the tunnel',
    args: [nameArgument],
    options: [
      { flags: '--days <days>', description: 'how long, 90 at most', default: '30' },
      { flags: '--file <file>', description: 'where to; else bastide-vpn.conf in this directory' },
      {
        flags: '--public-key <key>',
        description: 'of somebody who has a key: the configuration is printed, to hand over',
      },
    ],
    examples: [
      'bastide vpn:enrol ada-laptop',
      'bastide vpn:enrol ada-laptop --days 7 --file /etc/wireguard/bastide.conf',
      'bastide vpn:enrol bob-laptop --public-key xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
    ],
    uses: ['enrolVpnPeer'],
    async run(io, input) {
      const theirs = given(input, 'publicKey');
      const keys = theirs === undefined ? makeKeys() : { publicKey: theirs, privateKey: undefined };
      const wish = EnrolPeer.safeParse({
        name: input.args.name,
        publicKey: keys.publicKey,
        days: Number(given(input, 'days')),
      });
      if (!wish.success)
        return usage(
          `--${wish.error.issues[0]?.path.join('.')} is not right`,
          'See: bastide vpn:enrol --help',
        );
      const enrol = async () => {
        const made = await io.api.send('POST', `${AT}/peers`, wish.data, Enrolled);
        if (isRefusal(made)) return made;
        return { ...made, text: configText(made.peer.address, made.server, keys.privateKey) };
      };
      if (keys.privateKey === undefined) {
        const made = await enrol();
        if (isRefusal(made)) return made;
        io.print.done({ peer: made.peer, config: made.text.reveal() }, made.text.reveal());
        return;
      }
      const file = join(io.cwd, given(input, 'file') ?? 'bastide-vpn.conf');
      const made = await intoNewFile(file, enrol);
      if (isRefusal(made)) return made;
      io.print.done(
        { peer: made.peer, file },
        `${file} has the key, which is nowhere else. Bring the tunnel up: wg-quick up ${file}\nThen: bastide vpn:use`,
      );
    },
  },
  {
    name: 'vpn:expire',
    summary: 'Say anew in how many days a peer gets in no longer',
    args: [nameArgument],
    options: [{ flags: '--days <days>', description: 'from now, 90 at most; 0 is now' }],
    examples: ['bastide vpn:expire ada-laptop --days 7', 'bastide vpn:expire ada-laptop --days 0'],
    uses: ['listVpnPeers', 'expireVpnPeer'],
    async run(io, input) {
      const wish = ExpirePeer.safeParse({ days: Number(given(input, 'days') ?? 'none') });
      if (!wish.success) return usage('--days is a number from 0 to 90', 'See: bastide vpn:expire --help');
      const peer = await peerOf(io, input.args.name!);
      if (isRefusal(peer)) return peer;
      const done = await io.api.send('PATCH', path`/v1/platform/vpn/peers/${peer.id}`, wish.data, Peer);
      if (isRefusal(done)) return done;
      io.print.done(done, `${done.name} gets in until ${short(done.expiresAt)} UTC.`);
    },
  },
  {
    name: 'vpn:revoke',
    summary: 'Let a peer in no longer; it is cut off within seconds',
    args: [nameArgument],
    examples: ['bastide vpn:revoke ada-laptop'],
    uses: ['listVpnPeers', 'revokeVpnPeer'],
    async run(io, input) {
      const peer = await peerOf(io, input.args.name!);
      if (isRefusal(peer)) return peer;
      const done = await io.api.send('DELETE', path`/v1/platform/vpn/peers/${peer.id}`, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done({ revoked: peer.name }, `${peer.name} gets in no longer.`);
    },
  },
  {
    name: 'vpn:on',
    summary: 'Close the operators’ plane to everybody outside of the VPN',
    examples: ['bastide vpn:on'],
    uses: ['setVpn'],
    run: turn(
      true,
      'Operators come in by the VPN only from now on. Say once on each computer: bastide vpn:use',
    ),
  },
  {
    name: 'vpn:off',
    summary: 'Let operators come in from anywhere again',
    examples: ['bastide vpn:off'],
    uses: ['setVpn'],
    run: turn(false, 'Operators come in from anywhere now.'),
  },
  {
    name: 'vpn:use',
    summary: 'Go to the server by the VPN from this computer; on the server itself, by its socket',
    options: [
      {
        flags: '--local',
        description: 'you are root on the server: by its socket, also when the VPN is down',
      },
      { flags: '--off', description: 'by its name again' },
    ],
    examples: ['bastide vpn:use', 'bastide vpn:use --local', 'bastide vpn:use --off'],
    uses: [],
    async run(io, input) {
      if (!io.config) return noServer();
      const { via: _, ...rest } = io.config;
      const local = input.options.local === true;
      const via = local ? `unix:${operatorsSocket}` : VPN.address;
      const off = input.options.off === true;
      await writeConfig(io.configDir, off ? rest : { ...rest, via });
      io.print.done(
        { via: off ? null : via },
        off ? `To ${rest.server} by its name.` : `To ${rest.server} by ${via}.`,
      );
    },
  },
];
