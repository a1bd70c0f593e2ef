import { describe, expect, it } from 'vitest';
import type { EdgeServerHealth } from '../../adapters/haproxy/port.ts';
import { edgeVersions } from './observe.ts';

const server = (name: string, over: Partial<EdgeServerHealth> = {}): EdgeServerHealth => ({
  slot: 1,
  name,
  up: true,
  state: 'ready',
  check: 'HTTP 200',
  currentSessions: 0,
  ...over,
});

describe('what the edge shows of an app', () => {
  it('is summed up by version', () => {
    const health = [
      server('v3-a', { currentSessions: 2 }),
      server('v3-b', { up: false, currentSessions: 1 }),
      server('v12-a', { state: 'candidate' }),
    ];
    expect(edgeVersions(health, 1)).toEqual({
      3: { state: 'ready', up: 1, sessions: 3 },
      12: { state: 'candidate', up: 1, sessions: 0 },
    });
  });

  it('serves as long as one of its servers does, wherever that one stands', () => {
    const leaving = server('v3-b', { state: 'draining' });
    expect(edgeVersions([server('v3-a'), leaving], 1)[3]?.state).toBe('ready');
    expect(edgeVersions([leaving, server('v3-a')], 1)[3]?.state).toBe('ready');
    expect(edgeVersions([leaving], 1)[3]?.state).toBe('draining');
  });

  it("leaves out other apps' servers and those without a version", () => {
    expect(edgeVersions([server('v3-a', { slot: 2 }), server('api')], 1)).toEqual({});
    expect(edgeVersions([server('v3-a')], null)).toEqual({});
  });
});
