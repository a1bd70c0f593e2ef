import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../kernel/refusal.ts';
import { renderClient } from './cli/render.ts';
import { archive, makeRepository, receivePack } from './gate/commands.ts';
import { secondsOf } from './plan/duration.ts';
import { planSources } from './plan/sources.ts';
import {
  type EntryFacts,
  openNow,
  planAdmitted,
  planCertify,
  planClose,
  planLogins,
  planOpen,
} from './plan.ts';

const NOW = 1_000_000;
const facts: EntryFacts = {
  id: 'e',
  until: NOW + 60_000,
  opened: false,
  endRequested: false,
  closed: false,
  prepared: true,
};
const live = { id: 'e', projectId: 'p', sources: [], until: NOW + 1, endRequested: false, suspended: false };
const kinds = (steps: unknown) => (steps as { kind: string }[]).map(({ kind }) => kind);
const fine = { failure: null };
const failed = { failure: { code: 'x', message: '', next: '' } };

describe('an entry', () => {
  it('is prepared, opened, and then done', () => {
    expect(kinds(planOpen(fine, { ...facts, prepared: false }, NOW))).toEqual(['prepare', 'sync']);
    expect(planOpen(fine, { ...facts, opened: true }, NOW)).toEqual([]);
  });
  it('is not opened after its end, and is closed again where that failed', () => {
    expect(isRefusal(planOpen(fine, { ...facts, until: NOW }, NOW))).toBe(true);
    expect(isRefusal(planOpen(fine, undefined, NOW))).toBe(true);
    expect(kinds(planOpen(failed, facts, NOW))).toEqual(['end', 'sync']);
    expect(kinds(planClose({ ...facts, endRequested: true }))).toEqual(['sync']);
    expect(planClose({ ...facts, closed: true })).toEqual([]);
  });
  it('lets nobody in when it is over, ending or suspended', () => {
    expect(openNow([live], NOW)).toHaveLength(1);
    for (const over of [{ until: NOW }, { endRequested: true }, { suspended: true }])
      expect(openNow([{ ...live, ...over }], NOW)).toEqual([]);
  });
});

describe('what is open', () => {
  const parts = {
    apps: [
      { name: 'shop', projectId: 'p' },
      { name: 'blog', projectId: 'q' },
    ],
    keys: [{ projectId: 'q', line: 'k', until: new Date(0) }],
  };
  it('names the apps of open projects, with the principal of their own', () =>
    expect(planLogins([live], parts)).toEqual([
      { name: 'shop', principal: 'project-p', from: [], keys: [] },
    ]));
  it('is for the firewall everybody, or the networks of all entries', () => {
    expect(planAdmitted([live, { ...live, sources: ['203.0.113.0/24'] }])).toEqual([
      { port: 2200, source: '*' },
    ]);
    expect(planAdmitted([{ ...live, sources: ['203.0.113.0/24'] }])).toEqual([
      { port: 2200, source: '203.0.113.0/24' },
    ]);
    expect(planAdmitted([])).toEqual([]);
  });
});

it('signs once', () => {
  expect(kinds(planCertify(fine, { id: 'c', signed: false }))).toEqual(['certify']);
  expect(planCertify(fine, { id: 'c', signed: true })).toEqual([]);
  expect(isRefusal(planCertify(fine, undefined))).toBe(true);
  expect(planCertify(failed, undefined)).toEqual([]);
});

it('spells networks in one way, and none within another', () => {
  expect(planSources(['203.0.113.9/24', '203.0.113.7', '2001:db8:0:0::5/32'])).toEqual([
    '2001:db8::/32',
    '203.0.113.0/24',
  ]);
  expect(planSources(['198.51.100.1/32', '198.51.100.1'])).toEqual(['198.51.100.1']);
  for (const bad of ['127.0.0.1', '0.0.0.0/0', '::1', '::ffff:1.2.3.4', 'x', '10.200.0.1', '::/0'])
    expect(isRefusal(planSources([bad]))).toBe(true);
});

it('reads times up to seven days', () => {
  expect([secondsOf('7d'), secondsOf('1h30m'), secondsOf('8d'), secondsOf('30'), secondsOf('')]).toEqual([
    604_800,
    5400,
    undefined,
    undefined,
    undefined,
  ]);
});

it('runs git with nobody’s settings, bounded, with our hook', () => {
  expect(makeRepository('/tmp/p').argv.join(' ')).toBe(
    '/usr/bin/git init --quiet --bare --template= --initial-branch=main /tmp/p',
  );
  expect(receivePack('/tmp/p', '/h', {}).argv.join(' ')).toBe(
    '/usr/bin/git -c receive.maxInputSize=209715200 -c transfer.fsckObjects=true -c core.hooksPath=/h ' +
      '-c receive.autogc=false -c transfer.unpackLimit=1 -c pack.threads=1 -c receive.advertisePushOptions=false receive-pack /tmp/p',
  );
  expect(archive('abc', '/tmp/p', {}).argv).toEqual(['/usr/bin/git', 'archive', '--format=tar.gz', 'abc']);
  expect(archive('abc', '/tmp/p', {})).toMatchObject({ cwd: '/tmp/p' });
  expect(archive('abc', '/tmp/p', {}).env).toMatchObject({
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  });
});

it('tells the client to trust the authority alone and to forward nothing', () => {
  const text = renderClient({ host: 'bastide.example.com', port: 2200, directory: '/d' });
  for (const line of ['CertificateFile "/d/%r-cert.pub"', 'StrictHostKeyChecking yes', 'ForwardAgent no'])
    expect(text).toContain(`  ${line}\n`);
});
