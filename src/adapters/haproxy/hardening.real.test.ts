import { connect as connectH2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Guarded, HOST, openGuarded, status } from './fixtures/guarded.ts';
import { type App, raw, type Testbed } from './testbed.ts';

let guarded: Guarded;
let bed: Testbed;
let app: App;
const host = HOST;
const secure = (bytes: string, sni?: string) => guarded.secure(bytes, sni);

beforeAll(async () => {
  guarded = await openGuarded();
  ({ bed, app } = guarded);
});
afterAll(() => guarded?.[Symbol.asyncDispose]());

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
