import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEALTH_PATH } from '../../kernel/health-path.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import type { EdgeConfig } from './port.ts';
import { render } from './render.ts';
import { DEFAULT_LIMITS, type EdgeSettings, publicBind } from './settings.ts';
import { backend, config, server } from './testbed.ts';

const settings: EdgeSettings = {
  files: '/e',
  sockets: { admin: '/run/a.sock', master: '/run/m.sock' },
  bind: publicBind(true),
  log: 'stdout',
  gid: 65000,
  limits: DEFAULT_LIMITS,
};
const one = backend(1, [server('v1-abc', 32768)]);
const cfg = (wanted: EdgeConfig, of: EdgeSettings = settings): string =>
  must(render(of, wanted)).files.get('/e/haproxy.cfg')!;

/** What is wanted, what it is written as, and where. */
describe('input becomes text', () => {
  const pem = 'CHAIN\nKEY\n';
  const cases: readonly [string, EdgeConfig, string, string][] = [
    ['no app', config([]), '/e/hosts.map', ''],
    ['a route', config([one]), '/e/hosts.map', 'app1.localhost s1\n'],
    [
      'a wildcard route, in order',
      config([one], {
        routes: [
          { host: 'b.example', slot: 1 },
          { host: '*.a.example', slot: 1 },
        ],
      }),
      '/e/hosts.map',
      '*.a.example s1\nb.example s1\n',
    ],
    ['a project', config([one]), '/e/projects.map', 's1 project1\n'],
    ['a limit', config([one]), '/e/limits.map', 'project1 100000\n'],
    ['a body', config([one]), '/e/bodies.map', 's1 1000000\n'],
    ['a health path', config([one]), '/e/health.map', 's1/v1-abc /up\n'],
    ['the checks’ host', config([one]), '/e/checkhosts.map', 's1 app1.localhost\n'],
    ['no maintenance', config([one]), '/e/maintenance.map', ''],
    ['maintenance', config([{ ...one, maintenance: true }]), '/e/maintenance.map', 's1 on\n'],
    [
      'a challenge',
      config([one], { challenges: [{ token: 't', keyAuthorization: 't.k' }] }),
      '/e/acme.map',
      't t.k\n',
    ],
    [
      'certificates, in order',
      config([], {
        certificates: ['b.example', '*.a.example'].map((name) => ({ name, hosts: [name, 'x.example'], pem })),
      }),
      '/e/crt-list.txt',
      '/e/certs/_wildcard.a.example.pem *.a.example x.example\n/e/certs/b.example.pem b.example x.example\n',
    ],
    [
      'a key, in its own file only',
      config([], { certificates: [{ name: 'b.example', hosts: [], pem }] }),
      '/e/certs/b.example.pem',
      pem,
    ],
  ];
  it.each(cases)('%s', (_, wanted, file, text) => {
    expect(must(render(settings, wanted)).files.get(file)).toBe(text);
  });

  it.each([
    ['a server', server('a', 32768), '    server a 127.0.0.1:32768 weight 1 check '],
    ['a candidate', server('a', 32768, 'candidate'), '    server a 127.0.0.1:32768 weight 0 check '],
    ['one that leaves', server('a', 32768, 'draining'), '    server a 127.0.0.1:32768 weight 0 check '],
    [
      'IPv6',
      { ...server('a', 1), target: { address: '2001:db8::1', port: 1 } },
      '    server a [2001:db8::1]:1 weight 1 ',
    ],
    [
      'a socket',
      { ...server('a', 1), target: { socket: '/run/api.sock' } },
      '    server a unix@/run/api.sock weight 1 ',
    ],
  ])('%s is a line of its backend', (_, is, line) => {
    const text = cfg(config([backend(2, [is])]));
    expect(text.slice(text.indexOf('\nbackend s2 from app\n'))).toMatch(`\nbackend s2 from app\n${line}`);
  });

  it('listens on both families, or on the one that there is', () => {
    expect(cfg(config([]))).toMatch(/bind 0\.0\.0\.0:443 ssl[^\n]*\n {4}bind \[::\]:443 v6only ssl/);
    expect(cfg(config([]), { ...settings, bind: publicBind(false) })).not.toContain('::');
  });

  it('has every slot, the platform’s too', () => {
    expect(cfg(config([], { slots: 3 })).match(/^backend s\d+ from app$/gm)).toEqual(
      [0, 1, 2, 3].map((slot) => `backend s${slot} from app`),
    );
  });

  it('knows who came in inside by the address, where it has one', () => {
    const inside = { address: '10.202.0.1', subnet: '10.202.0.0/24', socket: '/run/inside.sock' };
    const text = cfg(config([one]), { ...settings, inside });
    const members = '{ dst 10.202.0.1 } { src 10.202.0.0/24 } !{ src 10.202.0.1 }';
    expect(text).toContain(`    use_backend inside if ${members}\n    use_backend %[var(txn.be)]\n`);
    expect(text).toContain(
      `    http-request set-header x-bastide-inside 1 if { var(txn.streams) -m found } ${members}\n`,
    );
    expect(text).toContain('deny_status 404 if { dst 10.202.0.1 } !{ var(txn.be) -m str s0 }\n');
    expect(text).toContain(
      'backend inside from app\n    timeout server 10m\n    server api unix@/run/inside.sock maxconn 256\n',
    );
    expect(cfg(config([one]))).not.toContain('inside');
  });

  it('has descriptors for all its connections, and some for listeners and checks', () => {
    const [maxconn] = /^ {4}maxconn (\d+)$/m
      .exec(cfg(config([])))!
      .slice(1)
      .map(Number);
    const fronts = [...cfg(config([])).matchAll(/^frontend (?:.*\n)+?(?=\n)/gm)].map((m) =>
      Number(/maxconn (\d+)/.exec(m[0])![1]),
    );
    expect(fronts.reduce((sum, one) => sum + one)).toBe(maxconn);
    // Two each; the container has 20,000 (capabilities/nodes/daemon/render.ts), and HAProxy starts with none too few.
    expect(2 * maxconn!).toBeLessThanOrEqual(16_000);
  });

  it('is the same text for the same state in another order', () => {
    const two = backend(2, [server('b', 2)]);
    const [first, second] = [config([one, two]), config([two, one])];
    const text = (wanted: EdgeConfig) =>
      [...must(render(settings, wanted)).files].filter(([file]) => file.endsWith('.map'));
    expect(text(second)).toEqual(text(first));
  });
});

describe('the digest', () => {
  const digest = (wanted: EdgeConfig, limits = {}) =>
    must(render({ ...settings, limits: { ...DEFAULT_LIMITS, ...limits } }, wanted)).digest;
  it('stays when apps, routes and servers change, because these need no reload', () => {
    expect(digest(config([one, backend(2, [server('b', 2)])]))).toBe(digest(config([])));
  });
  it('changes with slots and limits, which do', () => {
    expect(digest(config([], { slots: 9 }))).not.toBe(digest(config([])));
    expect(digest(config([]), { clientRequests: 5 })).not.toBe(digest(config([])));
  });
  it('is in the text, where the running process tells it', () => {
    expect(cfg(config([]))).toContain(`setenv BASTIDE_STATIC ${digest(config([]))}\n`);
  });
});

/** Each would end a line, a word, an option or a path where it is written. */
describe('what could be read as something else is refused', () => {
  const dashes = ['-', '-f', '--', '-oProxyCommand=id', '-a.example'];
  const breaking = [
    '',
    ' ',
    'a b',
    'a\nglobal',
    'a\r',
    'a\0b',
    'a;b',
    'a#b',
    '"a"',
    "a'b",
    'a\\b',
    '$(id)',
    '\u0024{HOME}',
    'é',
    '../a',
  ];
  const hostile = [...dashes, ...breaking];
  const wants: readonly [string, (text: string) => EdgeConfig][] = [
    ['host', (host) => config([one], { routes: [{ host, slot: 1 }] })],
    ['host of the checks', (host) => config([{ ...one, host }], { routes: [] })],
    ['project', (project) => config([{ ...one, project }])],
    ['server', (name) => config([backend(1, [server(name, 1)])])],
    ['address', (address) => config([backend(1, [{ ...server('a', 1), target: { address, port: 1 } }])])],
    ['socket', (socket) => config([backend(1, [{ ...server('a', 1), target: { socket } }])])],
    ['health path', (healthPath) => config([backend(1, [{ ...server('a', 1), healthPath }])])],
    ['certificate', (name) => config([], { certificates: [{ name, hosts: [], pem: '' }] })],
    [
      'name of a certificate',
      (host) => config([], { certificates: [{ name: 'a.example', hosts: [host], pem: '' }] }),
    ],
    [
      'key authorization',
      (keyAuthorization) => config([], { challenges: [{ token: 't', keyAuthorization }] }),
    ],
    ['token', (token) => config([], { challenges: [{ token, keyAuthorization: 'k' }] })],
  ];
  // Letters, digits, dash and underscore are all that base64url and a project's id have: a leading dash is one of theirs.
  const fits: Readonly<Record<string, readonly string[]>> = {
    project: ['-', '-f', '--'],
    token: ['-', '-f', '--'],
    'key authorization': ['-', '-f', '--', '-a.example'],
  };
  it.each(wants)('as %s', (what, make) => {
    for (const text of hostile.filter((h) => !fits[what]?.includes(h)))
      expect(isRefusal(render(settings, make(text))), JSON.stringify(text)).toBe(true);
  });

  it.each([
    ['a slot that is not there', config([backend(9, [])])],
    ['half a slot', config([backend(1.5, [])])],
    ['one slot twice', config([one, { ...one, app: 'x' }], { routes: [] })],
    ['one host twice', config([one], { routes: [one, one] })],
    ['one server twice', config([backend(1, [server('a', 1), server('a', 2)])])],
    ['a route to nowhere', config([one], { routes: [{ host: 'a.example', slot: 2 }] })],
    ['port 0', config([backend(1, [server('a', 0)])])],
    ['port 65536', config([backend(1, [server('a', 65_536)])])],
    ['no body at all', config([{ ...one, limits: { projectRequests: 1, bodyBytes: 0 } }])],
    [
      'a limit that is no number',
      config([{ ...one, limits: { projectRequests: Number.NaN, bodyBytes: 1 } }]),
    ],
  ])('%s', (_, wanted) => {
    expect(render(settings, wanted)).toMatchObject({ code: 'edge_config_refused' });
  });
});

it('takes every health path that the platform takes of a customer', () => {
  // The printable characters of ASCII, and what of them is taken.
  const paths = fc
    .string({
      unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
      maxLength: 40,
    })
    .map((text) => `/${text.replaceAll(/[^A-Za-z0-9/_.~:@!$&()*+,=?%-]/g, '')}`)
    .filter((path) => HEALTH_PATH.test(path));
  fc.assert(
    fc.property(paths, (healthPath) => {
      const wanted = config([backend(1, [{ ...server('a', 1), healthPath }])]);
      return !isRefusal(render(settings, wanted));
    }),
  );
});
