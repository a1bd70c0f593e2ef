import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOMAIN, openPlatform, type Platform } from '../stories/lib/platform.ts';
import { complaints, type Finding } from './lib/testssl.ts';

const HOST = `graded.${DOMAIN}`;
let platform: Platform;
let target: string;

beforeAll(async () => {
  platform = await openPlatform();
  target = `${platform.node.host.address}:443`;
  await platform.app('graded');
  await platform.ok('deploy', join(import.meta.dirname, '../../examples/static'), '--app', 'graded');
  expect((await platform.get(`https://${HOST}/`)).status).toBe(200);
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

/** A handshake of an old or odd client; `@SECLEVEL=0` so that the client itself is willing. */
const S_CLIENT = () => [
  ...['openssl', 's_client', '-connect', target, '-servername', HOST],
  ...['-CAfile', '/run/lab/platform-ca.pem'],
];
const handshake = async (...options: string[]) => {
  const ran = await platform.lab.attacker.exec([...S_CLIENT(), ...options], { stdin: '' });
  return { done: /Cipher is (?!\(NONE\))/.test(ran.stdout), said: ran.stdout + ran.stderr };
};

test('testssl.sh has nothing to complain about but what a private authority brings', async () => {
  const { attacker } = platform.lab;
  const report = '/run/lab/testssl.json';
  await attacker.must(['rm', '-f', report]);
  await attacker.exec(
    [
      ...['testssl', '--quiet', '--color', '0', '--warnings', 'batch', '--nodns', 'none'],
      ...['--add-ca', '/run/lab/platform-ca.pem', '--jsonfile', report],
      ...[
        '--protocols',
        '--std',
        '--server-defaults',
        '--server-preference',
        '--pfs',
        '--rc4',
        '--headers',
        '--vulnerable',
      ],
      ...['--ip', platform.node.host.address, `https://${HOST}/`],
    ],
    { env: { TERM: 'dumb' }, timeoutMs: 540_000 },
  );
  const findings = JSON.parse(attacker.readFile(report)) as Finding[];
  const found = new Map(findings.map((finding) => [finding.id, finding]));
  // It did look, and it saw this edge.
  expect(found.get('TLS1_2')?.finding).toMatch(/^offered/);
  expect(found.get('TLS1_3')?.finding).toMatch(/^offered/);
  expect(found.get('heartbleed')?.severity).toBe('OK');
  expect(found.get('HSTS_time')?.severity).toBe('OK');
  console.log(
    `testssl.sh: ${findings.length} findings, ${findings.filter(({ severity }) => severity === 'OK').length} OK; not OK:`,
    findings.filter(({ severity }) => !['OK', 'INFO', 'DEBUG'].includes(severity)),
  );
  expect(complaints(findings)).toEqual([]);
});

test('a complaint that is not excused counts', () => {
  const of = (id: string, severity: string): Finding => ({ id, severity, finding: '' });
  expect(complaints([of('TLS1', 'LOW'), of('heartbleed', 'OK'), of('cert_revocation', 'HIGH')])).toEqual([
    of('TLS1', 'LOW'),
  ]);
  expect(complaints([of('cert_revocation <cert#1>', 'HIGH'), of('WARN', 'WARN')])).toEqual([
    of('WARN', 'WARN'),
  ]);
});

describe('retired protocols and ciphers', () => {
  test.each(['-tls1_2', '-tls1_3'])('%s is taken', async (version) => {
    expect((await handshake(version)).done).toBe(true);
  });

  test.each([
    ['TLS 1.0', ['-tls1', '-cipher', 'ALL:@SECLEVEL=0']],
    ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']],
    [
      'a key exchange without forward secrecy',
      ['-tls1_2', '-cipher', 'AES256-GCM-SHA384:AES128-SHA:@SECLEVEL=0'],
    ],
    [
      'CBC',
      [
        '-tls1_2',
        '-cipher',
        'ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0',
      ],
    ],
    ['no authentication', ['-tls1_2', '-cipher', 'aNULL:@SECLEVEL=0']],
    ['no encryption', ['-tls1_2', '-cipher', 'eNULL:@SECLEVEL=0']],
    ['finite-field Diffie-Hellman', ['-tls1_2', '-cipher', 'DHE:@SECLEVEL=0']],
    ['a curve below 256 bits', ['-tls1_2', '-curves', 'secp224r1:sect233r1', '-cipher', 'ALL:@SECLEVEL=0']],
    ['a name that is not here', ['-servername', 'nobody.example.org']],
    ['no name at all', ['-noservername']],
  ] as const)('%s is refused', async (_, options) => {
    expect(await handshake(...options)).toMatchObject({ done: false });
  });

  test('renegotiation is secure, and not for clients', async () => {
    const asking = platform.lab.attacker.spawn([...S_CLIENT(), '-tls1_2']);
    await asking.says(/Secure Renegotiation IS supported/);
    asking.child.stdin.write('R\n');
    await asking.says(/no renegotiation/);
    asking.child.stdin.end();
    await asking.exited;
  });

  test('no session ticket is given: a stolen ticket key opens nothing', async () => {
    const { said } = await handshake('-tls1_2');
    expect(said).toMatch(/Cipher is ECDHE/);
    expect(said).not.toMatch(/TLS session ticket/);
    expect(said).toMatch(/Compression: NONE/);
  });
});

describe('headers of an app that sets none', () => {
  test('are those that ING-6 asks for, on a page and on a refusal', async () => {
    for (const path of ['/', '/.env', '/no-such-page']) {
      const { stdout } = await platform.node.curl(`https://${HOST}${path}`, [
        '--dump-header',
        '-',
        '--output',
        '/dev/null',
      ]);
      const headers = new Map(
        stdout.split('\r\n').flatMap((line) => {
          const colon = line.indexOf(': ');
          return colon > 0 ? [[line.slice(0, colon).toLowerCase(), line.slice(colon + 2)] as const] : [];
        }),
      );
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8,}/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      // The edge's own pages say it in the newer way only.
      const framing = `${headers.get('x-frame-options')} ${headers.get('content-security-policy')}`;
      expect(framing).toMatch(
        path === '/' ? /^(SAMEORIGIN|DENY) .*frame-ancestors '(self|none)'/ : /frame-ancestors '(self|none)'/,
      );
      expect(headers.get('referrer-policy')).toBeTruthy();
      expect(headers.get('permissions-policy')).toContain('camera=()');
      expect(headers.get('cross-origin-opener-policy')).toBeTruthy();
      expect([headers.get('server'), headers.get('x-powered-by'), headers.get('via')]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });
});
