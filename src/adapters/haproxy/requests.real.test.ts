import { connect as connectH2 } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { type Guarded, HOST, openGuarded, status } from './fixtures/guarded.ts';
import type { EdgeConfig } from './port.ts';
import { type App, backend, server, type Testbed, until } from './testbed.ts';

let guarded: Guarded;
let bed: Testbed;
let app: App;
let base: EdgeConfig;
const host = HOST;
const secure = (bytes: string, sni?: string) => guarded.secure(bytes, sni);
const healthy = (name: string) => guarded.healthy(name);
const ask = (head: string, body = ''): Promise<string> =>
  secure(`GET / HTTP/1.1\r\nHost: ${host}\r\n${head}Connection: close\r\n\r\n${body}`);

beforeAll(async () => {
  guarded = await openGuarded();
  ({ bed, app, base } = guarded);
});
afterAll(() => guarded?.[Symbol.asyncDispose]());

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
  it.each([
    '4294967296',
    '4294967297',
    '9223372036854775807',
    '18446744073709551617',
    '99999999999999999999999',
  ])('declared as %s is no small one', async (length) => {
    const answer = await secure(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\nab`,
    );
    expect([400, 413]).toContain(status(answer));
  });

  const lines = (id: string) => bed.log.filter((text) => text.includes(`${id}","version"`));
  /** The one line of a request, once it is there. */
  const logged = async (id: string): Promise<{ status: number; server: string; slot: string }> => {
    await until(
      () => lines(id),
      (found) => found.length > 0,
    );
    expect(lines(id)).toHaveLength(1);
    return JSON.parse(lines(id)[0]!);
  };
  async function* of(bytes: number) {
    yield Buffer.alloc(bytes);
  }

  it('goes by a way of its own, and tells the app nothing of it', async () => {
    const forged = { 'x-bastide-inside': '1', 'x-bastide-slot': 's2', 'x-bastide-cap': '1' };
    const sent = async (id: string, method: string, bytes: number, more: Record<string, string> = {}) => {
      const body = bytes > 0 ? of(bytes) : undefined;
      const headers = { ...forged, ...more };
      const answer = await bed.get(host, `/${id}`, { method, headers, ...(body ? { body } : {}) });
      const seen = JSON.parse(answer.body) as { bytes: number; headers: Record<string, string> };
      expect(Object.keys(seen.headers).filter((name) => name.startsWith('x-bastide'))).toEqual([]);
      const { server: by, slot } = await logged(id);
      return [seen.bytes, by, slot];
    };
    expect(await sent('none', 'GET', 0)).toEqual([0, 'a', 's1']);
    expect(await sent('empty', 'POST', 0, { 'content-length': '0' })).toEqual([0, 'a', 's1']);
    expect(await sent('declared', 'POST', 10, { 'content-length': '10' })).toEqual([10, 'bodies', 's1']);
    expect(await sent('undeclared', 'POST', 10)).toEqual([10, 'bodies', 's1']);
    const much = { 'x-long': 'x'.repeat(6000) };
    expect(await sent('behind-much', 'GET', 0, much)).toEqual([0, 'bodies', 's1']);
    const large = { 'content-length': '900000' };
    expect(await sent('large', 'POST', 900_000, large)).toEqual([900_000, 'bodies', 's1']);
  });

  it.each([0, 3000, 7000, 12_000])(
    'is cut where an HTTP/2 request without need of one brings it, behind %i bytes of headers',
    async (padding) => {
      const session = connectH2(`https://${host}:${bed.https}`, {
        ca: bed.root,
        lookup: (_h, _o, cb) => cb(null, [{ address: '127.0.0.1', family: 4 }]),
      });
      const path = `/h2-body-${padding}`;
      const pad = padding > 0 ? { 'x-real-pad': 'x'.repeat(padding) } : {};
      const stream = session.request({ ':path': path, ':method': 'GET', ...pad }, { endStream: false });
      stream.on('error', () => {});
      for await (const piece of pieces(60)) stream.write(piece);
      stream.end();
      const line = await logged(path.slice(1));
      session.destroy();
      expect(line).toMatchObject({ status: 413, server: 'bodies' });
    },
  );

  it('is not needed for an answer that comes before its end', async () => {
    for (let i = 0; i < 30; i += 1) {
      const answer = await bed.get(host, '/early', {
        method: 'POST',
        headers: { 'content-length': '900000' },
        body: of(900_000),
      });
      expect(answer.status).toBe(401);
    }
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
