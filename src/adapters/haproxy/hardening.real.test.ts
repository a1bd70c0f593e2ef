import { connect as connectH2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import type { EdgeConfig } from './port.ts';
import {
  type App,
  backend,
  config,
  raw,
  server,
  startApp,
  startTestbed,
  type Testbed,
  until,
} from './testbed.ts';

let bed: Testbed;
let app: App;
let base: EdgeConfig;
const host = 'app1.localhost';

const healthy = (name: string) =>
  until(
    async () => must(await bed.edge.health()).find((s) => s.name === name),
    (s) => s?.up === true,
  );

beforeAll(async () => {
  bed = await startTestbed();
  app = await startApp('one');
  base = config([backend(1, [server('a', app.port)])], {
    certificates: [
      await bed.certificate(host),
      await bed.certificate('app2.localhost'),
      await bed.certificate('nobody.localhost'),
    ],
    challenges: [{ token: 'tok-1', keyAuthorization: 'tok-1.thumb' }],
  });
  must(await bed.edge.apply(base));
  await healthy('a');
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  app.server.close().closeAllConnections();
});

/** Raw bytes over TLS; answers all that came back. */
const secure = (bytes: string | Buffer, sni = host): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connectTls(
      { host: '127.0.0.1', port: bed.https, servername: sni, ca: bed.root, ALPNProtocols: ['http/1.1'] },
      () => socket.write(bytes),
    );
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
const status = (text: string): number => Number(text.match(/^HTTP\/1\.1 (\d{3})/)?.[1] ?? 0);
const ask = (head: string, body = ''): Promise<string> =>
  secure(`GET / HTTP/1.1\r\nHost: ${host}\r\n${head}Connection: close\r\n\r\n${body}`);

describe('port 80', () => {
  it('leads known hosts to 443 with 308, and nobody else anywhere', async () => {
    const answer = await raw(
      bed.http,
      `GET /a?b=c HTTP/1.1\r\nHost: APP1.localhost:80\r\nConnection: close\r\n\r\n`,
    );
    expect(status(answer)).toBe(308);
    expect(answer).toContain(`location: https://${host}:${bed.https}/a?b=c\r\n`);
    expect(
      status(await raw(bed.http, 'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')),
    ).toBe(404);
  });

  it('answers a certificate challenge that was published, and no other', async () => {
    const at = (token: string) =>
      raw(
        bed.http,
        `GET /.well-known/acme-challenge/${token} HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n`,
      );
    expect(await at('tok-1')).toMatch(/^HTTP\/1\.1 200[\s\S]*tok-1\.thumb$/);
    expect(status(await at('other'))).toBe(404);
  });
});

describe('names', () => {
  it('refuses the handshake for a name without a certificate', async () => {
    await expect(bed.get('unknown.example')).rejects.toThrow(/alert|unrecognized|ECONNRESET/i);
  });
  it('refuses another host on a connection that was opened for this one', async () => {
    expect((await bed.get('app2.localhost', '/', { sni: host })).status).toBe(421);
  });
  it.each([
    `${host}:80@evil.example`,
    `evil.example@${host}`,
    `${host}:443/evil`,
    `${host}:80x`,
    `${host}:`,
    `${host}:1234`,
    `${host}?evil`,
    `${host}#evil`,
    `${host},evil.example`,
    host.toUpperCase(),
  ])('an app that builds links from Host %s builds none to elsewhere', async (said) => {
    const answer = await secure(`GET / HTTP/1.1\r\nHost: ${said}\r\nConnection: close\r\n\r\n`);
    if (status(answer) === 200) expect(answer).toContain(`"host":"${host}"`);
    else expect([400, 404, 421]).toContain(status(answer));
  });
  it('answers 404 where nothing is routed', async () => {
    expect((await bed.get('nobody.localhost')).status).toBe(404);
  });
});

describe('what an app is told', () => {
  it('is what the edge wrote, never what the client claimed', async () => {
    const forged = [
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'Forwarded',
      'X-Real-IP',
      'X-Request-Id',
      'X-Original-URL',
      'True-Client-IP',
      'Proxy',
    ];
    const answer = await bed.get(host, '/', {
      headers: Object.fromEntries(forged.map((name) => [name, 'forged'])),
    });
    const { headers } = JSON.parse(answer.body);
    expect(JSON.stringify(headers)).not.toContain('forged');
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': host,
      'x-real-ip': '127.0.0.1',
    });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers['x-request-id']).toBe(headers['x-request-id']);
  });

  it('speaks HTTP/2', async () => {
    const session = connectH2(`https://${host}:${bed.https}`, {
      ca: bed.root,
      lookup: (_h, _o, cb) => cb(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const stream = session.request({ ':path': '/h2' });
    let body = '';
    for await (const chunk of stream.setEncoding('utf8')) body += chunk;
    session.close();
    expect(JSON.parse(body)).toMatchObject({ url: '/h2' });
  });

  it('lets a WebSocket through', async () => {
    const socket = connectTls({ host: '127.0.0.1', port: bed.https, servername: host, ca: bed.root });
    socket.write(`GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) {
      text += chunk;
      if (text.endsWith('\r\n\r\n')) socket.write('ping');
      if (text.endsWith('ping')) break;
    }
    expect(text).toMatch(/^HTTP\/1\.1 101/);
  });
});

describe('security headers', () => {
  it('are there when the app sets none', async () => {
    expect((await bed.get(host)).headers).toMatchObject({
      'strict-transport-security': 'max-age=63072000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'content-security-policy': expect.stringContaining("frame-ancestors 'self'"),
      'permissions-policy': expect.stringContaining('camera=()'),
    });
  });

  it('may be stricter, not weaker', async () => {
    const answers = async (headers: Record<string, string>) => {
      app.answer = (response) =>
        response.writeHead(200, { Server: 'x', 'X-Powered-By': 'x', ...headers }).end();
      const answer = await bed.get(host);
      delete app.answer;
      return answer.headers;
    };
    const strict = await answers({
      'X-Frame-Options': 'DENY',
      'Content-Security-Policy': "default-src 'none'",
      'Strict-Transport-Security': 'max-age=63072000; includeSubDomains; preload',
    });
    expect(strict).toMatchObject({
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'",
      'strict-transport-security': 'max-age=63072000; includeSubDomains; preload',
    });
    expect(strict.server ?? strict['x-powered-by']).toBeUndefined();
    expect(
      await answers({
        'X-Frame-Options': 'ALLOWALL',
        'Strict-Transport-Security': 'max-age=0',
        'X-Content-Type-Options': 'none',
      }),
    ).toMatchObject({
      'x-frame-options': 'SAMEORIGIN',
      'strict-transport-security': 'max-age=63072000',
      'x-content-type-options': 'nosniff',
    });
  });
});

describe('requests that parsers disagree about', () => {
  it.each([
    ['NUL in a value', 'X-A: a\0b\r\n'],
    ['NUL at the end of many headers', `X-A: ${'a'.repeat(7000)}\r\nX-B: ${'b'.repeat(6000)}\0\r\n`],
    ['control character in a value', 'X-A: a\x01b\r\n'],
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2\r\n'],
    ['two hosts', 'Host: evil.example\r\n'],
    ['odd transfer coding', 'Transfer-Encoding: xchunked\r\n'],
    ['coding twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'],
    ['space before the colon', 'Transfer-Encoding : chunked\r\n'],
    ['signed length', 'Content-Length: +5\r\n'],
    ['huge header', `X-A: ${'a'.repeat(20_000)}\r\n`],
  ])('%s is refused', async (_, head) => {
    const seen = app.seen;
    expect([400, 403]).toContain(status(await ask(head)));
    expect(app.seen).toBe(seen);
  });

  it('never passes on both a length and a coding', async () => {
    const answer = await secure(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
    );
    if (status(answer) === 200)
      expect(
        JSON.parse(answer.slice(answer.indexOf('{')).replace(/\r\n0\r\n\r\n$/, '')).headers['content-length'],
      ).toBeUndefined();
    else expect(status(answer)).toBe(400);
  });

  it.each(['TRACE', 'CONNECT', 'TRACK'])('%s is refused', async (method) => {
    expect([400, 405]).toContain(
      status(
        await secure(
          `${method} ${method === 'CONNECT' ? `${host}:443` : '/'} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        ),
      ),
    );
  });
});

describe('paths that are never content', () => {
  it.each([
    '/.git/config',
    '/.GIT/HEAD',
    '/%2egit/config',
    '/%2e%67it/config',
    '/%252egit/config',
    '//.git/config',
    '/x/../.git/config',
    '/x/./.env',
    '/.env',
    '/.env.local',
    '/a/.env',
    '/.htaccess',
    '/.svn/entries',
    '/Procfile',
    '/procfile',
    '/%50rocfile',
    '//Procfile',
    '/sub/Procfile',
    '/Dockerfile',
    '/Dockerfile.prod',
    '/app.json',
    '/App.JSON',
    '/app%2ejson',
    '//app.json',
    '/bastide.yaml',
    '/bastide.yml',
    '/Procfile?x=1',
    '/Procfile/',
    '/.ssh/id_ed25519',
    '/.well-known/../.git/config',
    '/.well-knownx',
    '/%5c.git/config',
  ])('%s', async (path) => {
    const seen = app.seen;
    expect(status(await secure(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`))).toBe(
      404,
    );
    expect(app.seen).toBe(seen);
  });

  it.each([
    '/',
    '/.well-known/security.txt',
    '/static/app.json',
    '/repo.git/info/refs',
    '/procfiles',
    '/a.b/c',
  ])('%s is content', async (path) => {
    expect((await bed.get(host, path)).status).toBe(200);
  });

  it.each(['/%', '/%zz/.git', '/a%00b'])('%s is malformed', async (path) => {
    expect(status(await secure(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`))).toBe(
      400,
    );
  });
});

describe('bodies', () => {
  async function* pieces(count: number) {
    for (let i = 0; i < count; i++) yield Buffer.alloc(50_000);
  }
  it('refuses a declared one over the limit before it is sent', async () => {
    expect(
      status(
        await secure(
          `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000001\r\nConnection: close\r\n\r\n`,
        ),
      ),
    ).toBe(413);
  });
  it('takes an undeclared one below the limit, whole', async () => {
    expect(JSON.parse((await bed.get(host, '/', { method: 'POST', body: pieces(19) })).body).bytes).toBe(
      950_000,
    );
  });
  it('cuts an undeclared one at the limit', async () => {
    const answer = await bed
      .get(host, '/', { method: 'POST', body: pieces(200) })
      .catch((error: Error) => error.message);
    expect(typeof answer === 'string' ? answer : answer.status).toSatisfy(
      (is: unknown) => is === 413 || /EPIPE|ECONNRESET/.test(String(is)),
    );
    const line = await until(
      () => bed.log.findLast((text) => text.includes('"POST"')),
      (text) => text?.includes('"status":413') === true,
    );
    expect(JSON.parse(line!)).toMatchObject({ status: 413, host, method: 'POST' });
  });
  it('gives up on one that does not come', async () => {
    const late = await secure(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\nConnection: close\r\n\r\nabc`,
    );
    expect(status(late)).toBe(408);
  });
});

describe('limits', () => {
  it('answers 429 with Retry-After beyond what a project may, and leaves its neighbour alone', async () => {
    const two = backend(2, [server('b', app.port)]);
    const small = backend(1, [server('a', app.port)], {
      limits: { projectRequests: 20, bodyBytes: 1_000_000 },
    });
    must(
      await bed.edge.apply({
        ...base,
        backends: [small, two],
        routes: [
          { host, slot: 1 },
          { host: 'app2.localhost', slot: 2 },
        ],
      }),
    );
    await healthy('b');
    const answers = [];
    for (let i = 0; i < 30; i++) answers.push(await bed.get(host));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.headers['retry-after']).toBe('10');
    expect((await bed.get('app2.localhost')).status).toBe(200);
    must(await bed.edge.apply(base));
    await healthy('a');
  });
  it('shows a page while an app is in maintenance', async () => {
    must(
      await bed.edge.apply({
        ...base,
        backends: [backend(1, [server('a', app.port)], { maintenance: true })],
      }),
    );
    const answer = await bed.get(host);
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '120' } });
    expect(answer.body).toContain('Back soon');
    must(await bed.edge.apply(base));
    expect((await bed.get(host)).status).toBe(200);
  });
  it('logs one line of JSON a request, without the query', async () => {
    await bed.get(host, '/quiet?token=hunter2');
    const line = await until(
      () => bed.log.find((text) => text.includes('/quiet')),
      (text) => text !== undefined,
    );
    expect(JSON.parse(line!)).toMatchObject({ host, path: '/quiet', status: 200, slot: 's1', server: 'a' });
    expect(bed.log.join('\n')).not.toContain('hunter2');
  });
});
