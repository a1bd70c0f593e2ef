import { describe, expect, it } from 'vitest';
import {
  parseCertificateList,
  parseEnv,
  parseFingerprint,
  parseMap,
  parseServers,
  serverHealth,
} from './parse.ts';

/** As HAProxy 2.6 says it, shortened to the columns that are read. */
const HEAD = '# pxname,svname,scur,status,weight,check_status,check_code,addr,last_chk,';
const stat = (...lines: string[]): string => `${HEAD}\n${lines.join('\n')}\n\n`;
const STATE = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord
4 s1 1 old 10.200.0.1 2 8 0 0 10 6 3 4 6 0 0 0 - 32768 - 0 0 - - 0
4 s1 2 new 10.200.0.1 2 0 1 1 10 6 3 4 6 0 0 0 - 32769 - 0 0 - - 0
`;

describe('servers', () => {
  it('are read from both answers', () => {
    const servers = parseServers(
      STATE,
      stat(
        's1,old,3,DRAIN,0,L7OK,200,10.200.0.1:32768,OK,',
        's1,new,0,UP,1,L7OK,200,10.200.0.1:32769,OK,',
        'st_client,none,0,UP,1,,,,,',
      ),
    );
    expect(servers).toEqual([
      {
        slot: 1,
        name: 'old',
        target: '10.200.0.1:32768',
        weight: 0,
        draining: true,
        maintenance: false,
        sessions: 3,
        up: true,
        check: 'HTTP 200',
      },
      {
        slot: 1,
        name: 'new',
        target: '10.200.0.1:32769',
        weight: 1,
        draining: false,
        maintenance: false,
        sessions: 0,
        up: true,
        check: 'HTTP 200',
      },
    ]);
    expect(servers.map(serverHealth).map(({ state }) => state)).toEqual(['draining', 'ready']);
  });

  it.each([
    ['DOWN,0,L7STS,503,a,"HTTP status ""503""",', { up: false, check: 'HTTP 503' }],
    ['DOWN,0,L4CON,,a,"Connection refused",', { up: false, check: 'connection refused' }],
    ['DOWN,0,L4TOUT,,a,,', { up: false, check: 'timeout' }],
    ['DOWN,0,L7RSP,,a,"a, comma",', { up: false, check: 'no valid HTTP answer' }],
    ['DOWN 1/2,0,* L7STS,500,a,,', { up: false, check: 'HTTP 500' }],
    ['UP 1/3,1,INI,,a,,', { up: false, check: 'not checked yet' }],
    ['UP,1,* L7OK,200,a,,', { up: true, check: 'HTTP 200' }],
    ['no check,1,,,a,,', { up: false, check: 'not checked yet' }],
  ])('%s', (rest, seen) => {
    expect(parseServers('', stat(`s1,a,0,${rest}`))[0]).toMatchObject(seen);
  });

  it('tells one in maintenance as such, never as up', () => {
    const [server] = parseServers('', stat('s1,a,0,MAINT,1,L7OK,200,a,,'));
    expect(serverHealth(server!)).toMatchObject({ up: false, state: 'maintenance' });
  });

  it.each(['', 'Unknown command', '\n\n'])('none in %j', (text) => {
    expect(parseServers(text, text)).toEqual([]);
  });
});

it('reads maps, values with spaces too, and skips what is none', () => {
  expect([...parseMap('0x55d0 app.example s1\n0x55d1 b.example s 2\nno map\n\n')]).toEqual([
    ['app.example', 's1'],
    ['b.example', 's 2'],
  ]);
});

it('reads the certificate list without line numbers and options', () => {
  expect(
    parseCertificateList(
      '# /e/crt-list.txt\n/e/certs/a.pem:1 a.example b.example\n/e/certs/b.pem [alpn h2] b.example\n/e/certs/c.pem\n',
    ),
  ).toEqual(['/e/certs/a.pem a.example b.example', '/e/certs/b.pem b.example', '/e/certs/c.pem']);
});

it('reads the digest and a fingerprint, or nothing', () => {
  expect(parseEnv('BASTIDE_STATIC=0a1b\n')).toBe('0a1b');
  expect(parseEnv('Variable not found\n')).toBeUndefined();
  expect(parseFingerprint(`Filename: x\nSHA1 FingerPrint: ${'AB'.repeat(20)}\n`)).toBe('ab'.repeat(20));
  expect(parseFingerprint('Status: Empty\n')).toBeUndefined();
});
