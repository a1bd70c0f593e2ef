import { describe, expect, it } from 'vitest';
import { type Attempts, databasesOf, type Read, readLine, settle } from './parse.ts';

const head = '2026-11-22 04:18:34.122 UTC [24348]';
const who = 'g_aaaaaaaaaaaaaaaa/g_aaaaaaaaaaaaaaaa@203.0.113.7:41826';
const at = (second: number) => `2026-11-22T04:18:${String(second).padStart(2, '0')}.000Z`;

const read = (...lines: string[]): Read => {
  let attempts: Attempts = new Map();
  const connections: Read['connections'][number][] = [];
  for (const [n, line] of lines.entries()) {
    const one = readLine(attempts, line, at(n));
    attempts = one.attempts;
    connections.push(...one.connections);
  }
  return { attempts, connections };
};
const attempt = `${head} LOG C-0x55d: ${who} login attempt: db=g_aaaaaaaaaaaaaaaa user=g_aaaaaaaaaaaaaaaa tls=TLSv1.3/TLS_AES_256_GCM_SHA384`;

describe("PgBouncer's log", () => {
  it('tells a session with its end', () => {
    const { attempts, connections } = read(
      attempt,
      `${head} LOG S-0x1: ${who} new connection to server (from 127.0.0.1:1)`,
      `${head} LOG C-0x55d: ${who} closing because: client close request (age=3s)`,
    );
    expect(attempts.size).toBe(0);
    expect(connections).toEqual([
      { kind: 'opened', at: at(0), user: 'g_aaaaaaaaaaaaaaaa', source: '203.0.113.7', tls: 'TLSv1.3' },
      {
        kind: 'closed',
        at: at(2),
        user: 'g_aaaaaaaaaaaaaaaa',
        source: '203.0.113.7',
        reason: 'client close request',
        seconds: 3,
      },
    ]);
  });

  it('tells a wrong password as refused and as nothing else', () => {
    const { attempts, connections } = read(
      attempt,
      `${head} ERROR C-0x55d: ${who} password authentication failed`,
      `${head} LOG C-0x55d: ${who} closing because: SASL authentication failed (age=0s)`,
      `${head} WARNING C-0x55d: ${who} pooler error: SASL authentication failed`,
    );
    expect(attempts.size).toBe(0);
    expect(connections.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['refused', 'SASL authentication failed'],
    ]);
  });

  it('tells who did not even say a name', () => {
    const { connections } = read(
      `${head} LOG C-0x9: (nodb)/(nouser)@[2001:db8::7]:51360 closing because: SSL required (age=0s)`,
      `${head} LOG C-0x9: (nodb)/(nouser)@198.51.100.9:51360 closing because: client unexpected eof (age=0s)`,
    );
    expect(connections).toEqual([
      { kind: 'refused', at: at(0), source: '2001:db8::7', reason: 'SSL required' },
      { kind: 'refused', at: at(1), source: '198.51.100.9', reason: 'client unexpected eof' },
    ]);
  });

  it('takes an attempt that nobody refused for a login after a while', () => {
    const { attempts } = read(attempt);
    expect(settle(attempts, at(0)).connections).toEqual([]);
    const settled = settle(attempts, at(1));
    expect(settled.connections.map(({ kind }) => kind)).toEqual(['opened']);
    expect(settled.attempts.size).toBe(0);
  });

  it('leaves lines of other kinds alone, whatever is in them', () => {
    expect(
      read(
        `${head} LOG listening on 0.0.0.0:5432`,
        'closing because: x (age=1s)',
        '',
        `${head} LOG C-0x1: nothing`,
        `${head} LOG C-0x1: pgbouncer/root@unix(24396):16432 login attempt: db=pgbouncer user=root tls=no`,
      ),
    ).toEqual({ attempts: new Map(), connections: [] });
  });
});

it("reads the console's databases without its own", () =>
  expect(databasesOf([{ name: 'pgbouncer' }, { name: 'g_b' }, { name: 'g_a' }])).toEqual(['g_a', 'g_b']));
