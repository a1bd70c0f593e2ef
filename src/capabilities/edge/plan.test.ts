import { describe, expect, it } from 'vitest';
import { type CertificateFacts, certificatePlan, checkHost, issuerOf } from './plan.ts';

const platform = { domain: 'bastide.example', hosts: ['status.example.net'] };

describe('checkHost', () => {
  it.each([
    ['host_not_ascii', 'späti.example'],
    ['host_not_ascii', 'shop\u200b.example.org'],
    ['host_malformed', 'shop .example.org'],
    ['host_not_ascii', 'shop.example.org\r\nX: y'],
    ['host_not_ascii', 'shop\0.example.org'],
    ['host_underscore', 'my_shop.example.org'],
    ['host_trailing_dot', 'shop.example.org.'],
    ['host_is_address', '192.0.2.1'],
    ['host_is_address', '0x7f.1'],
    ['host_is_address', '2130706433'],
    ['host_is_address', '::1'],
    ['host_is_address', '[2001:db8::1]'],
    ['host_wildcard', '*.example.org'],
    ['host_malformed', 'localhost'],
    ['host_malformed', 'a..b'],
    ['host_malformed', '-a.example'],
    ['host_malformed', 'shop.example.org:443'],
    ['host_malformed', 'https://shop.example.org'],
    ['host_malformed', `${'a'.repeat(64)}.example.org`],
    ['host_malformed', `${'a.'.repeat(126)}example.org`],
    ['host_special', 'shop.local'],
    ['host_special', 'x.onion'],
    ['host_reserved', 'bastide.example'],
    ['host_reserved', 'Other.BASTIDE.example'],
    ['host_reserved', 'status.example.net'],
  ])('%s: %j', (code, host) => expect(checkHost(host, platform)).toMatchObject({ code }));

  it.each(['shop.example.org', 'xn--spti-5qa.example', 'a.b.c.example', 'notbastide.example'])(
    'takes %s',
    (host) => expect(checkHost(host.toUpperCase(), platform)).toBe(host),
  );
});

const DAY = 86_400_000;
const known = (more: Partial<CertificateFacts> = {}): CertificateFacts => ({
  host: 'a.example',
  issuer: 'acme',
  notBefore: 0,
  notAfter: 90 * DAY,
  lastError: null,
  triedAt: 0,
  present: true,
  ...more,
});
const plan = (facts: CertificateFacts[], now: number, acme = true) =>
  certificatePlan({ hosts: ['a.example'], domain: 'bastide.localhost', acme }, facts, now).map(
    (work) => work.why,
  );

describe('certificatePlan', () => {
  it('asks for what is missing, old or somebody else’s', () => {
    expect(plan([], 0)).toEqual(['missing']);
    expect(plan([known({ present: false })], DAY)).toEqual(['missing']);
    expect(plan([known()], 59 * DAY)).toEqual([]);
    expect(plan([known()], 61 * DAY)).toEqual(['renewal']);
    expect(plan([known({ issuer: 'internal' })], DAY)).toEqual(['issuer']);
  });

  it('waits after a failure, as long as the failure asks for', () => {
    const failed = (code: string) => known({ present: false, lastError: `${code}: x`, triedAt: 0 });
    const minute = 60_000;
    expect([1, 3].map((m) => plan([failed('acme_unreachable')], m * minute).length)).toEqual([0, 1]);
    expect([14, 16].map((m) => plan([failed('acme_challenge_failed')], m * minute).length)).toEqual([0, 1]);
    expect([179, 181].map((m) => plan([failed('acme_rate_limited')], m * minute).length)).toEqual([0, 1]);
  });

  it('never asks the public for the platform’s own names', () => {
    const wish = { domain: 'bastide.example', acme: true };
    expect(
      ['bastide.example', 'x.bastide.example', 'x.localhost', 'shop.org'].map((h) => issuerOf(h, wish)),
    ).toEqual(['internal', 'internal', 'internal', 'acme']);
    expect(issuerOf('shop.org', { ...wish, acme: false })).toBe('internal');
  });
});
