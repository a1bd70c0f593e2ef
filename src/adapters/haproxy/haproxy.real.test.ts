import { connect as connectH2 } from 'node:http2';
import { Agent, get } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { edgeConformance } from './conformance.ts';
import type { EdgeConfig } from './port.ts';
import { type App, backend, config, server, startApp, startTestbed, type Testbed, until } from './testbed.ts';

let bed: Testbed;
let one: App;
let two: App;
const host = 'app1.localhost';

beforeAll(async () => {
  bed = await startTestbed();
  [one, two] = [await startApp('one'), await startApp('two')];
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  for (const app of [one, two]) app.server.close().closeAllConnections();
});

edgeConformance('HAProxy', () => ({
  edge: bed.edge,
  well: one.port,
  certificate: (host) => bed.certificate(host),
}));

const health = async (name: string) => must(await bed.edge.health()).find((s) => s.name === name);
const up = (name: string) =>
  until(
    () => health(name),
    (s) => s?.up === true,
  );

async function base(): Promise<EdgeConfig> {
  return config([backend(1, [server('a', one.port)])], { certificates: [await bed.certificate(host)] });
}

describe('the running process follows what is wanted', () => {
  it('serves a new app over TLS without a reload', async () => {
    expect(must(await bed.edge.apply(await base()))).toMatchObject({ reloaded: false });
    expect(await up('a')).toMatchObject({ state: 'ready', check: 'HTTP 200' });
    const answer = await bed.get(host, '/hello?x=1');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ name: 'one', url: '/hello?x=1' });
  });

  it('changes nothing the second time', async () => {
    const wanted = await base();
    must(await bed.edge.apply(wanted));
    expect(must(await bed.edge.apply(wanted))).toEqual({ changes: 0, reloaded: false, leaving: 0 });
  });

  it('checks a candidate and sends it nothing, then moves all traffic', async () => {
    const wanted = await base();
    const seen = two.seen;
    must(
      await bed.edge.apply({
        ...wanted,
        backends: [backend(1, [server('a', one.port), server('b', two.port, 'candidate')])],
      }),
    );
    expect(await up('b')).toMatchObject({ state: 'candidate' });
    for (let i = 0; i < 20; i++) expect(JSON.parse((await bed.get(host)).body).name).toBe('one');
    expect(two.seen).toBe(seen);
    must(
      await bed.edge.apply({
        ...wanted,
        backends: [backend(1, [server('a', one.port, 'draining'), server('b', two.port)])],
      }),
    );
    for (let i = 0; i < 20; i++) expect(JSON.parse((await bed.get(host)).body).name).toBe('two');
    expect(await health('a')).toMatchObject({ state: 'draining' });
    must(await bed.edge.apply({ ...wanted, backends: [backend(1, [server('b', two.port)])] }));
    const gone = await until(
      async () => {
        must(await bed.edge.apply({ ...wanted, backends: [backend(1, [server('b', two.port)])] }));
        return health('a');
      },
      (s) => s === undefined,
    );
    expect(gone).toBeUndefined();
  });

  it('says what the last check said', async () => {
    const wanted = await base();
    two.health = 503;
    must(
      await bed.edge.apply({
        ...wanted,
        backends: [
          backend(1, [server('a', one.port), server('sick', two.port), server('none', 9, 'candidate')]),
        ],
      }),
    );
    expect(
      await until(
        () => health('sick'),
        (s) => s?.check !== 'not checked yet',
      ),
    ).toMatchObject({ up: false, check: 'HTTP 503' });
    expect(
      await until(
        () => health('none'),
        (s) => s?.check !== 'not checked yet',
      ),
    ).toMatchObject({ up: false, check: 'connection refused' });
    for (let i = 0; i < 10; i++) expect((await bed.get(host)).status).toBe(200);
    two.health = 200;
  });

  it('reaches the platform by a unix socket', async () => {
    const socket = `${bed.settings.files}/api.sock`;
    const api = await startApp('api', socket);
    const certificates = [await bed.certificate('bastide.localhost')];
    const servers = [{ name: 'api', target: { socket }, state: 'ready', healthPath: '/up' } as const];
    must(
      await bed.edge.apply(config([backend(0, servers, { host: 'bastide.localhost' })], { certificates })),
    );
    await up('api');
    const headers = { 'x-bastide-reason': 'ticket%207', 'x-real-ip': '192.0.2.1' };
    const seen = JSON.parse((await bed.get('bastide.localhost', '/', { headers })).body);
    expect(seen.name).toBe('api');
    // Why somebody changes something is the client's to say; where it comes from is not.
    expect(seen.headers).toMatchObject({ 'x-bastide-reason': 'ticket%207', 'x-real-ip': '127.0.0.1' });
    api.server.close().closeAllConnections();
  });

  it('swaps a certificate for the next handshake', async () => {
    const wanted = await base();
    must(await bed.edge.apply(wanted));
    const next = { ...wanted, certificates: [await bed.certificate(host)] };
    expect(must(await bed.edge.apply(next))).toMatchObject({ reloaded: false, changes: 2 });
    await up('a');
    expect((await bed.get(host)).status).toBe(200);
    expect(must(await bed.edge.apply(next)).changes).toBe(0);
    must(await bed.edge.apply({ ...next, certificates: [] }));
    await expect(bed.get(host)).rejects.toThrow();
  });

  it('takes thousands of routes', async () => {
    const wanted = await base();
    const routes = [
      ...wanted.routes,
      ...Array.from({ length: 3000 }, (_, i) => ({ host: `shop${i}.example.org`, slot: 1 })),
    ];
    must(await bed.edge.apply({ ...wanted, routes }));
    expect(must(await bed.edge.apply({ ...wanted, routes })).changes).toBe(0);
    expect(must(await bed.edge.apply(wanted))).toMatchObject({ reloaded: false });
  });
});

describe('what only a reload changes', () => {
  it('comes back with the same servers when the slots grow', async () => {
    const wanted = { ...(await base()), slots: 20 };
    expect(must(await bed.edge.apply(wanted))).toMatchObject({ reloaded: true });
    expect(JSON.parse((await bed.get(host)).body).name).toBe('one');
    expect(must(await bed.edge.apply(wanted))).toMatchObject({ reloaded: false, changes: 0 });
  });

  it('leads what comes on a connection from before to what is there now, and asks the client for a new one', async () => {
    const wanted = await base();
    const before = { ...wanted, backends: [backend(1, [server('a', one.port)])] };
    must(await bed.edge.apply(before));
    await until(
      () => health('a'),
      (s) => s?.up === true,
    );
    const session = connectH2(`https://${host}:${bed.https}`, {
      ca: bed.root,
      lookup: (_h, _o, cb) => cb(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    let goneAway = false;
    session.on('goaway', () => {
      goneAway = true;
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const h1 = () =>
      new Promise<{ name: string; connection: string | undefined }>((resolve, reject) => {
        const options = { agent, ca: bed.root, servername: host, headers: { host } };
        get(`https://127.0.0.1:${bed.https}/`, options, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          response.on('end', () =>
            resolve({ name: JSON.parse(text).name, connection: response.headers.connection }),
          );
        }).on('error', reject);
      });
    const h2 = async () => {
      let text = '';
      for await (const part of session.request({ ':path': '/' }).setEncoding('utf8')) text += part;
      return JSON.parse(text).name as string;
    };
    expect([(await h1()).name, await h2()]).toEqual(['one', 'one']);
    must(await bed.edge.apply({ ...before, slots: 40 }));
    const moved = { ...wanted, slots: 40, backends: [backend(1, [server('b', two.port)])] };
    must(await bed.edge.apply(moved));
    await until(
      () => health('b'),
      (s) => s?.up === true,
    );
    must(await bed.edge.apply(moved));
    expect(await h1()).toEqual({ name: 'two', connection: 'close' });
    expect(await h2()).toBe('two');
    expect(await h1()).toMatchObject({ name: 'two' });
    const told = await until(
      async () => {
        if (!goneAway) expect(await h2()).toBe('two');
        return goneAway;
      },
      (told) => told,
    );
    expect(told).toBe(true);
    session.destroy();
    agent.destroy();
  });

  it('removes a server that was in the file', async () => {
    const wanted = await base();
    must(
      await bed.edge.apply({
        ...wanted,
        slots: 21,
        backends: [backend(1, [server('a', one.port), server('old', two.port)])],
      }),
    );
    const gone = await until(
      async () => {
        must(await bed.edge.apply({ ...wanted, slots: 21 }));
        return health('old');
      },
      (s) => s === undefined,
    );
    expect(gone).toBeUndefined();
  });
});

describe('what does not fit', () => {
  it('changes nothing when the certificate has another key', async () => {
    const wanted = await base();
    must(await bed.edge.apply(wanted));
    const [x, y] = [await bed.certificate(host), await bed.certificate(host)];
    const pem = x.pem.split('-----BEGIN PRIVATE')[0] + y.pem.slice(y.pem.indexOf('-----BEGIN PRIVATE'));
    expect(await bed.edge.apply({ ...wanted, certificates: [{ ...x, pem }] })).toMatchObject({
      code: 'edge_config_refused',
    });
    expect(must(await bed.edge.apply(wanted)).changes).toBe(0);
  });
});
