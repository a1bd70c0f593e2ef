import { describe, expect, it } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import * as commands from './commands.ts';
import { wireguardConformance } from './conformance.ts';
import { makeKeyPair, publicKeyOf } from './keys.ts';
import { makeMemoryWireguard } from './memory.ts';
import { parseLink, parseTunnel } from './parse.ts';
import { renderTunnel } from './render.ts';

const settings = {
  interface: 'bastide-vpn',
  address: '10.202.0.1',
  subnet: '10.202.0.0/24',
  port: 51_820,
  directory: '/nowhere',
};
wireguardConformance('a tunnel in memory', () => ({ wireguard: makeMemoryWireguard(settings), settings }));

it('runs ip, wg and wireguard-go, and names no secret to them', () => {
  const { env, argv } = commands.startUserspace('wg9');
  expect({ env, argv }).toEqual({ argv: ['wireguard-go', 'wg9'], env: { LOG_LEVEL: 'silent' } });
  expect(commands.addLink('wg9').argv.join(' ')).toBe('ip link add dev wg9 type wireguard');
  expect(commands.setAddress('wg9', '10.202.0.1/24').argv.join(' ')).toBe(
    'ip address replace 10.202.0.1/24 dev wg9',
  );
  expect(commands.setUp('wg9').argv.join(' ')).toBe('ip link set dev wg9 mtu 1420 up');
  expect(commands.syncTunnel('wg9', '/etc/x').argv.join(' ')).toBe('wg syncconf wg9 /etc/x');
  expect(commands.showTunnel('wg9').argv.join(' ')).toBe('wg show wg9 dump');
  expect(commands.showLink('wg9').argv.join(' ')).toBe('ip -json -details address show dev wg9');
  expect(commands.deleteLink('wg9').argv.join(' ')).toBe('ip link delete dev wg9');
});

it('writes each peer with its one address, in one order', () => {
  const peers = [
    { publicKey: 'bbb=', address: '10.202.0.3' },
    { publicKey: 'aaa=', address: '10.202.0.2' },
  ];
  const text = renderTunnel(new Secret('kkk='), 51_820, peers);
  expect(String(text)).not.toContain('kkk');
  expect(text.reveal()).toBe(`[Interface]
PrivateKey = kkk=
ListenPort = 51820

[Peer]
PublicKey = aaa=
AllowedIPs = 10.202.0.2/32

[Peer]
PublicKey = bbb=
AllowedIPs = 10.202.0.3/32
`);
});

describe('what wg and ip say', () => {
  it('is read without the private key', () => {
    const dump = [
      'PRIVATE\tPUBLIC\t51820\toff',
      'aaa=\t(none)\t198.51.100.7:4711\t10.202.0.2/32\t1700000000\t1\t2\toff',
      'bbb=\tSHARED\t(none)\t(none)\t0\t0\t0\t25',
      '',
    ].join('\n');
    const seen = parseTunnel(dump);
    expect(seen).toEqual({
      publicKey: 'PUBLIC',
      port: 51_820,
      peers: [
        { publicKey: 'aaa=', allowed: ['10.202.0.2/32'], handshakeAt: 1_700_000_000_000 },
        { publicKey: 'bbb=', allowed: [], handshakeAt: null },
      ],
    });
    expect(JSON.stringify(seen)).not.toMatch(/PRIVATE|SHARED/);
    expect(parseTunnel('')).toBeUndefined();
  });

  it('tells the kernel from userspace, and from somebody else’s interface', () => {
    const link = (kind?: string) =>
      JSON.stringify([
        {
          ifname: 'x',
          flags: ['POINTOPOINT', 'UP'],
          ...(kind ? { linkinfo: { info_kind: kind } } : {}),
          addr_info: [
            { local: '10.202.0.1', prefixlen: 24 },
            { local: 'fe80::1', prefixlen: 64 },
          ],
        },
      ]);
    const rest = { up: true, addresses: ['10.202.0.1/24'] };
    expect(parseLink(link('wireguard'))).toEqual({ carrier: 'kernel', ...rest });
    expect(parseLink(link('tun'))).toEqual({ carrier: 'userspace', ...rest });
    expect(parseLink(link('veth'))).toBeUndefined();
    expect(parseLink(link())).toBeUndefined();
  });
});

it('makes pairs of keys, each another', () => {
  const [one, other] = [makeKeyPair(), makeKeyPair()];
  expect(publicKeyOf(one.privateKey)).toBe(one.publicKey);
  expect(other.publicKey).not.toBe(one.publicKey);
});
