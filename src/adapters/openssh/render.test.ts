import { describe, expect, it } from 'vitest';
import { blobOf, publicKeyLine } from '../../kernel/ssh-key.ts';
import { convertKey, describeKey, makeKey, makeRevocations, signHost, signUser } from './commands.ts';
import { isPem, readDescription } from './parse.ts';
import { isSound, renderKnownHosts, renderLogins, renderRevocations, renderSshd, sshTime } from './render.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Q1wU7k2m0m1n4f2h2c7u3k3nqkqk3l2p0aJ0b1c2d';
const login = { name: 'shop', principal: 'project-1', from: [], keys: [] };
const identity = { uid: 65_002, gid: 65_000, gate: '/usr/lib/bastide/gate' };

describe('commands', () => {
  it('are exactly these', () => {
    expect(makeKey('/d/user_ca', 'c').argv.join(' ')).toBe(
      '/usr/bin/ssh-keygen -q -t ed25519 -N  -C c -f /d/user_ca',
    );
    expect(describeKey('/k').argv).toEqual(['/usr/bin/ssh-keygen', '-l', '-f', '/k']);
    expect(convertKey('/k').argv).toEqual(['/usr/bin/ssh-keygen', '-i', '-m', 'PKCS8', '-f', '/k']);
    expect(
      signUser('/ca', '/k.pub', {
        serial: 7,
        keyId: 'ada/x',
        principals: ['p', 'r'],
        seconds: 300,
      }).argv.join(' '),
    ).toBe('/usr/bin/ssh-keygen -q -s /ca -I ada/x -n p,r -V -60s:+300s -z 7 -O clear -O permit-pty /k.pub');
    expect(signHost('/ca', '/h.pub', ['a.example']).argv.join(' ')).toBe(
      '/usr/bin/ssh-keygen -q -s /ca -h -I bastide-ssh-gateway -n a.example -V -5m:+90d /h.pub',
    );
    expect(makeRevocations('/ca.pub', '/o', '/s').argv.join(' ')).toBe(
      '/usr/bin/ssh-keygen -q -k -f /o -s /ca.pub /s',
    );
  });
});

describe('keys', () => {
  it('takes one line of a kind that is good, and drops the comment', () => {
    expect(publicKeyLine(`${KEY} ada@laptop\n`)).toBe(KEY);
    expect(blobOf(KEY).length).toBe(51);
  });
  it.each([
    ['two lines', `${KEY}\n${KEY}`],
    ['options before it', `command="x" ${KEY}`],
    ['a kind that the blob does not say', KEY.replace('ssh-ed25519', 'ecdsa-sha2-nistp256')],
    ['RSA', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7AAAAAAAAAAAAAAAAAAAA'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => expect(publicKeyLine(text)).toBeUndefined());
  it('knows a PEM and what ssh-keygen says of a key', () => {
    expect(isPem(`-----BEGIN PUBLIC KEY-----\n${'A'.repeat(60)}\n-----END PUBLIC KEY-----\n`)).toBe(true);
    expect(isPem('-----BEGIN PRIVATE KEY-----')).toBe(false);
    expect(readDescription('256 SHA256:abc no comment (ED25519)\n')).toEqual({
      bits: 256,
      fingerprint: 'SHA256:abc',
    });
    expect(readDescription('no key')).toBeUndefined();
  });
});

describe('files', () => {
  it('refuse what is not said, and have no password, no forwarding and no sftp', () => {
    const config = renderSshd({ files: '/f', port: 2200 });
    for (const line of [
      'PasswordAuthentication no',
      'DisableForwarding yes',
      'UsePAM no',
      'ForceCommand bastide',
    ])
      expect(config).toContain(`${line}\n`);
    expect(config).not.toMatch(/Subsystem|rsa/i);
  });
  it('name a login with its principal, its addresses and its keys', () => {
    const files = renderLogins(
      [
        {
          ...login,
          from: ['203.0.113.0/24'],
          keys: [{ line: KEY, until: new Date('2026-12-31T10:00:00Z') }],
        },
      ],
      identity,
    );
    expect(files).toEqual({
      passwd: 'shop:x:65002:65000::/tmp:/usr/lib/bastide/gate\n',
      'principals.shop': 'restrict,pty,from="203.0.113.0/24" project-1\n',
      'keys.shop': `restrict,expiry-time="20261231100000Z",from="203.0.113.0/24" ${KEY}\n`,
    });
  });
  it('leave out what would change their meaning', () => {
    for (const bad of [
      { ...login, name: 'shop:x' },
      { ...login, name: '../x' },
      { ...login, principal: 'a b' },
      { ...login, from: ['1.2.3.4",command="x'] },
    ]) {
      expect(isSound(bad)).toBe(false);
      expect(renderLogins([bad], identity)).toEqual({ passwd: '' });
    }
  });
  it('list revocations and the authority for hosts', () => {
    expect(renderRevocations([9, 2])).toBe('serial: 2\nserial: 9\n');
    expect(renderKnownHosts('bastide.example.com', 2200, 'ssh-ed25519 AAAA ca\n')).toBe(
      '@cert-authority [bastide.example.com]:2200 ssh-ed25519 AAAA ca\n',
    );
    expect(sshTime(new Date('2026-01-02T03:04:05.678Z'))).toBe('20260102030405Z');
  });
});
