import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { makeCredential, nativeVerifier } from './credential.ts';
import { Role, Verifier } from './model.ts';
import { auditLines, type Granted } from './plan/connections.ts';
import { secondsOf } from './plan/duration.ts';
import { isOpen, type LiveGrant, planOpenNow, stays } from './plan/open.ts';
import { type GrantFacts, planClose, planOpen } from './plan.ts';

const NOW = Date.parse('2026-11-22T04:00:00Z');
const HOUR = 3_600_000;
const { role, verifier } = makeCredential('postgres');
const facts: GrantFacts = {
  id: '0193b7a0-0000-7000-8000-000000000001',
  gateway: 'postgres',
  databaseId: '0193b7a0-0000-7000-8000-000000000002',
  databaseReady: true,
  role,
  verifier,
  source: '203.0.113.7',
  until: NOW + HOUR,
  roleMade: false,
  opened: false,
  endRequested: false,
  unrouted: false,
  closed: false,
  prepared: true,
};
const fine = { failure: null };
const failed = { failure: { code: 'x', message: '', next: '' } };
const kinds = (grant: Partial<GrantFacts>, operation: typeof fine | typeof failed = fine) =>
  must(planOpen(operation, { ...facts, ...grant }, NOW)).map(({ kind }) => kind);

describe('opening a grant', () => {
  it('makes the credential before it lets anybody in', () => {
    expect(kinds({})).toEqual(['createRole', 'sync']);
    expect(kinds({ prepared: false })).toEqual(['prepare', 'createRole', 'sync']);
    expect(kinds({ roleMade: true })).toEqual(['sync']);
    expect(kinds({ roleMade: true, opened: true })).toEqual([]);
  });

  it('closes what it had opened when something fails', () => {
    expect(kinds({ roleMade: true }, failed)).toEqual(['endGrant', 'sync', 'dropRole']);
    expect(kinds({ endRequested: true, unrouted: true }, failed)).toEqual(['dropRole']);
    expect(kinds({ closed: true }, failed)).toEqual([]);
    expect(must(planOpen(failed, undefined, NOW))).toEqual([]);
  });

  it.each<[string, Partial<GrantFacts>]>([
    ['grant_over', { until: NOW }],
    ['grant_over', { endRequested: true }],
    ['grant_over', { closed: true, endRequested: true }],
    ['grant_invalid', { until: NOW + 26 * HOUR }],
    ['grant_invalid', { role: 'postgres' }],
    ['grant_invalid', { role: `${role}"` }],
    ['grant_invalid', { verifier: 'plain' }],
    ['grant_invalid', { gateway: 'mysql' }],
    ['grant_invalid', { source: '10.200.0.1' }],
    ['grant_invalid', { source: '0.0.0.0/0' }],
    ['grant_invalid', { source: '127.0.0.1' }],
    ['grant_invalid', { databaseReady: false }],
  ])('%s: the agent does not believe the row %o', (code, odd) => {
    const refused = planOpen(fine, { ...facts, ...odd }, NOW);
    expect(isRefusal(refused) && refused.code).toBe(code);
  });
});

describe('closing a grant', () => {
  const close = (grant: Partial<GrantFacts>) =>
    planClose({ ...facts, ...grant }, 'closed').map(({ kind }) => kind);

  it('keeps people out first, and then puts out who is in', () => {
    expect(close({ opened: true })).toEqual(['endGrant', 'sync', 'dropRole']);
    expect(close({ endRequested: true })).toEqual(['sync', 'dropRole']);
    expect(close({ endRequested: true, unrouted: true })).toEqual(['dropRole']);
    expect(close({ closed: true })).toEqual([]);
  });
});

const live = (over: Partial<LiveGrant> = {}): LiveGrant => ({
  ...facts,
  inner: 'shop_db',
  roleMade: true,
  ...over,
});

describe('what is open', () => {
  const portOf = () => 32_771;
  const entries = (...grants: LiveGrant[]) => planOpenNow(grants, portOf, '10.200.0.1', NOW).entries;

  it('is what a grant that has its credential says, and nothing else', () => {
    const open = planOpenNow([live()], portOf, '10.200.0.1', NOW);
    expect(open.routes.mysql).toEqual([]);
    expect(open.routes.postgres).toEqual([
      {
        user: role,
        verifier,
        source: '203.0.113.7',
        until: '2026-11-22T05:00:00.000Z',
        backend: { host: '10.200.0.1', port: 32_771, database: 'shop_db' },
      },
    ]);
    expect(open.entries).toEqual([{ port: 5432, source: '203.0.113.7' }]);
    expect(entries(live({ gateway: 'mysql' }))).toEqual([{ port: 6033, source: '203.0.113.7' }]);
  });

  it.each<Partial<LiveGrant>>([
    { until: NOW },
    { endRequested: true },
    { roleMade: false },
    { databaseReady: false },
  ])('is nothing with %o', (over) => {
    expect(entries(live(over))).toEqual([]);
  });

  it('is nothing while the database does not run', () =>
    expect(planOpenNow([live()], () => undefined, '10.200.0.1', NOW).entries).toEqual([]));

  it('is never more than the grants that are open, whatever they are', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            source: fc.ipV4(),
            until: fc.integer({ min: NOW - HOUR, max: NOW + HOUR }),
            roleMade: fc.boolean(),
            endRequested: fc.boolean(),
            databaseReady: fc.boolean(),
            gateway: fc.constantFrom('postgres' as const, 'mysql' as const),
          }),
        ),
        (many) => {
          const grants = many.map((over) => live(over));
          const open = planOpenNow(grants, portOf, '10.200.0.1', NOW);
          const wanted = grants.filter((grant) => isOpen(grant, NOW));
          expect(open.entries).toHaveLength(wanted.length);
          expect(open.routes.postgres.length + open.routes.mysql.length).toBe(wanted.length);
          for (const { source } of open.entries)
            expect(wanted.some((grant) => grant.source === source)).toBe(true);
        },
      ),
    ));

  it('lets go of who has to leave before it lets in who is new', () => {
    const [a, b] = [
      { port: 5432, source: '203.0.113.7' },
      { port: 5432, source: '203.0.113.8' },
    ];
    expect(stays([a, b], [b])).toEqual([b]);
    expect(stays([a], [{ ...a, port: 6033 }])).toEqual([]);
  });
});

it('reads how long in hours and minutes, from a minute to a day', () => {
  expect(['1h', '30m', '2h30m', '24h', '1m', '90m'].map(secondsOf)).toEqual([
    3600, 1800, 9000, 86400, 60, 5400,
  ]);
  for (const bad of ['', '0m', '25h', '1d', '-1h', '1h 30m', '1', 'h', '1441m'])
    expect(secondsOf(bad)).toBeUndefined();
});

describe('a temporary credential', () => {
  it('has a name that nobody guesses, and what the database keeps of the password', () => {
    for (const gateway of ['postgres', 'mysql'] as const) {
      const made = [makeCredential(gateway), makeCredential(gateway)];
      expect(new Set(made.map((one) => one.role)).size).toBe(2);
      expect(new Set(made.map((one) => one.password.reveal())).size).toBe(2);
      for (const one of made) {
        expect(Role.parse(one.role)).toBe(one.role);
        expect(Verifier[gateway].parse(one.verifier)).toBe(one.verifier);
        expect(one.password.reveal()).toMatch(/^[A-Za-z0-9_-]{43}$/);
      }
    }
  });

  // MySQL's manual: PASSWORD('password').
  it('hashes as MySQL does', () =>
    expect(nativeVerifier(new Secret('password'))).toBe('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'));
});

describe('the audit log of connections', () => {
  const grant = (over: Partial<Granted> = {}): Granted => ({
    id: 'g1',
    role: 'g_one',
    source: '203.0.113.7',
    organizationId: 'o1',
    database: 'shop-db',
    ...over,
  });
  const at = '2026-11-22T04:00:00.000Z';

  it('says whose database it was, from where and how', () => {
    const [line] = auditLines(
      'postgres',
      [{ kind: 'opened', at, user: 'g_one', source: '203.0.113.7', tls: 'TLSv1.3' }],
      [grant()],
    );
    expect(line).toMatchObject({
      organizationId: 'o1',
      target: 'database:shop-db',
      outcome: 'allowed',
      sourceAddress: '203.0.113.7',
      detail: { connection: 'opened', grant: 'g1', user: 'g_one', tls: 'TLSv1.3' },
    });
  });

  it('gives a refusal without a known name to whom the address belongs, and to nobody where that is not clear', () => {
    const refused = { kind: 'refused' as const, at, source: '203.0.113.7', reason: 'SSL required' };
    const owner = (...grants: Granted[]) => auditLines('mysql', [refused], grants)[0]!.organizationId;
    expect(owner(grant())).toBe('o1');
    expect(owner(grant(), grant({ id: 'g2', organizationId: 'o2' }))).toBeNull();
    expect(owner(grant({ source: '203.0.113.8' }))).toBeNull();
    expect(auditLines('mysql', [refused], [])[0]!.target).toBe('gateway:mysql');
  });

  it('tells a flood of refusals by its number, and every login one by one', () => {
    const flood = Array.from({ length: 500 }, () => ({
      kind: 'refused' as const,
      at,
      source: '203.0.113.7',
      reason: 'no',
    }));
    const logins = Array.from({ length: 50 }, () => ({
      kind: 'opened' as const,
      at,
      user: 'g_one',
      source: '203.0.113.7',
    }));
    const lines = auditLines('mysql', [...flood, ...logins], [grant()]);
    expect(lines.filter(({ outcome }) => outcome === 'allowed')).toHaveLength(50);
    const denied = lines.filter(({ outcome }) => outcome === 'denied');
    expect(denied).toHaveLength(21);
    expect(denied.at(-1)!.detail.more).toBe(480);
  });
});
