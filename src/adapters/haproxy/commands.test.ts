import { expect, it } from 'vitest';
import { checkArgv, checkCommand, edgeArgv } from './commands.ts';
import { DEFAULT_LIMITS, publicBind } from './settings.ts';

it('starts a master with its own socket and one file', () => {
  const settings = {
    files: '/e',
    sockets: { admin: '/run/a.sock', master: '/run/m.sock' },
    bind: publicBind(false),
    log: 'stdout',
    gid: 65000,
    limits: DEFAULT_LIMITS,
  };
  expect(edgeArgv(settings)).toEqual([
    'haproxy',
    '-W',
    '-db',
    '-S',
    '/run/m.sock,mode,600',
    '-f',
    '/e/haproxy.cfg',
  ]);
});

it('checks a file quietly, for a minute at most', () => {
  expect(checkArgv('/e/haproxy.cfg')).toEqual(['haproxy', '-c', '-q', '-f', '/e/haproxy.cfg']);
  expect(checkCommand('/e/haproxy.cfg')).toEqual({ argv: checkArgv('/e/haproxy.cfg'), timeoutMs: 60_000 });
});
