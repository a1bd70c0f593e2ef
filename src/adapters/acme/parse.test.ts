import { describe, expect, it } from 'vitest';
import { problemOf, refusalOf } from './parse.ts';

const trouble = {
  directory: 'https://ca',
  hosts: ['a.example'],
  message: 'said so',
  network: undefined,
  problem: undefined,
};

describe('refusalOf', () => {
  it.each([
    ['acme_unreachable', { network: 'ECONNREFUSED', problem: 'urn:ietf:params:acme:error:dns' }],
    ['acme_rate_limited', { problem: 'urn:ietf:params:acme:error:rateLimited' }],
    ['acme_challenge_failed', { problem: 'urn:ietf:params:acme:error:connection' }],
    ['acme_challenge_failed', { problem: 'urn:ietf:params:acme:error:unauthorized' }],
    ['acme_refused', { problem: 'urn:ietf:params:acme:error:rejectedIdentifier' }],
    ['acme_refused', {}],
  ])('%s', (code, more) => expect(refusalOf({ ...trouble, ...more }).code).toBe(code));
});

describe('problemOf', () => {
  it('finds the problem itself, in a challenge, and none', () => {
    const type = 'urn:ietf:params:acme:error:dns';
    expect(problemOf({ type, detail: 'x' })).toBe(type);
    expect(problemOf({ challenges: [{ type: 'http-01' }, { type: 'http-01', error: { type } }] })).toBe(type);
    expect(problemOf({ type: 'http-01', status: 'pending' })).toBeUndefined();
    expect(problemOf('text')).toBeUndefined();
  });
});
