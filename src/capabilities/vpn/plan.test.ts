import { describe, expect, it } from 'vitest';
import type { TunnelSeen } from '../../adapters/wireguard/port.ts';
import { splitPolicies } from '../access/decide.ts';
import { readPolicies } from '../access/policies.ts';
import { freeAddress, isForStaff, planVpn, restsOnPlane, type VpnFacts } from './plan.ts';

describe('what is for staff alone', () => {
  it('are routes about the platform that nobody else may use', () => {
    expect(isForStaff({ action: 'platform:read', resource: 'platform' })).toBe(true);
    expect(isForStaff({ action: 'break-glass:review', resource: 'platform' })).toBe(true);
    expect(isForStaff({ action: 'stacks:read', resource: 'platform' })).toBe(false);
    expect(isForStaff({ action: 'controls:probe', resource: 'platform' })).toBe(false);
    expect(isForStaff({ action: 'apps:deploy', resource: 'app' })).toBe(false);
  });

  it('is what rests on policies of the plane and on no other: each policy is one or the other', async () => {
    const ids = Object.keys(splitPolicies(await readPolicies()));
    expect(ids.filter(restsOnPlane).sort()).toEqual([
      'consent-database',
      'consent-follow',
      'consent-logs',
      'consent-run',
      'operators-operate',
      'plane-oversees',
      'security-officers-review',
    ]);
    expect(ids.filter((id) => !restsOnPlane(id)).sort()).toEqual([
      'accounts-browse',
      'admins-manage',
      'auditors-review',
      'developers-change',
      'members-look',
      'own-account',
      'owners-govern',
      'probers-probe',
    ]);
    expect(restsOnPlane('operators-operate+plane-oversees')).toBe(true);
    expect(restsOnPlane('consent-run+developers-change')).toBe(false);
    expect(restsOnPlane(undefined)).toBe(false);
  });
});

it('gives each peer the first address that is free, and the server’s to nobody', () => {
  expect(freeAddress('10.202.0.1', new Set())).toBe('10.202.0.2');
  expect(freeAddress('10.202.0.1', new Set(['10.202.0.2', '10.202.0.4']))).toBe('10.202.0.3');
  const all = new Set(Array.from({ length: 253 }, (_, i) => `10.202.0.${i + 2}`));
  expect(freeAddress('10.202.0.1', all)).toBeUndefined();
});

describe('the plan', () => {
  const server = { address: '10.202.0.1/24', port: 51_820, publicKey: 'S' };
  const peers = [
    { publicKey: 'A', address: '10.202.0.2' },
    { publicKey: 'B', address: '10.202.0.3' },
  ];
  const seen: TunnelSeen = {
    carrier: 'userspace',
    up: true,
    addresses: [server.address],
    publicKey: 'S',
    port: 51_820,
    peers: [
      { publicKey: 'B', allowed: ['10.202.0.3/32'], handshakeAt: 5 },
      { publicKey: 'A', allowed: ['10.202.0.2/32'], handshakeAt: null },
    ],
  };
  const steps = (change: Partial<VpnFacts>) =>
    planVpn({ peers, server, seen, open: true, ...change }).map(({ kind }) => kind);

  it('is empty where all is as it should be, in whatever order', () => {
    expect(steps({})).toEqual([]);
    expect(steps({ peers: [], seen: undefined, open: false })).toEqual([]);
  });

  it('opens last and shuts first', () => {
    expect(steps({ seen: undefined, open: false })).toEqual(['raise', 'admit', 'open']);
    expect(steps({ peers: [] })).toEqual(['shut', 'lower']);
  });

  it.each<[string, Partial<VpnFacts>, string[]]>([
    ['a peer too many', { peers: peers.slice(1) }, ['admit']],
    ['a peer too few', { peers: [...peers, { publicKey: 'C', address: '10.202.0.4' }] }, ['admit']],
    ['another key in a peer’s place', { peers: [peers[0]!, { ...peers[1]!, publicKey: 'C' }] }, ['admit']],
    [
      'more addresses than its own',
      {
        seen: {
          ...seen,
          peers: [{ ...seen.peers[0]!, allowed: ['10.202.0.3/32', '0.0.0.0/0'] }, seen.peers[1]!],
        },
      },
      ['admit'],
    ],
    ['another key of the server', { seen: { ...seen, publicKey: 'X' } }, ['admit']],
    ['another port', { seen: { ...seen, port: 1 } }, ['admit']],
    ['an interface that is down', { seen: { ...seen, up: false } }, ['raise']],
    ['no address', { seen: { ...seen, addresses: [] } }, ['raise']],
    ['a closed firewall', { open: false }, ['open']],
  ])('puts right: %s', (_what, change, wanted) => {
    expect(steps(change)).toEqual(wanted);
  });
});
