import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isNameable } from './addresses.ts';
import {
  agentOutside,
  askOutside,
  connectOutside,
  internet,
  literalFault,
  named,
  reachable,
} from './outbound.ts';
import { NOT_PERMITTED, type Outside } from './port.ts';

let server: Server;
let port: number;
let heard: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    heard.push(request.url ?? '');
    response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What came of asking: a status, or the code of the error. */
const ask = (outside: Outside, url: string) =>
  new Promise<number | string | undefined>((resolve) => {
    const asking = askOutside(outside, url, {});
    asking.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    asking.on('response', (answer) => resolve(answer.resume().statusCode));
    asking.end();
  });

describe('what somebody with a project names (Coolify CVE-2026-34170, CVE-2026-42147)', () => {
  test.each([
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    '10.200.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '[fd00::1]',
    '0.0.0.0',
    'localhost',
  ])('at %s is not asked', async (host) => {
    heard = [];
    expect(await ask(internet, `http://${host}:${port}/`)).toBe(NOT_PERMITTED);
    expect(heard).toEqual([]);
  });

  test('is asked where its one answer was judged: a second one is never waited for', async () => {
    let answers = 0;
    const rebinding: Outside = {
      resolve: (_host, done) => {
        answers += 1;
        done(null, [{ address: answers === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
      },
      permitted: (address) => address === '127.0.0.1',
    };
    heard = [];
    expect(await ask(rebinding, `http://rebinding.example:${port}/x`)).toBe(302);
    expect([answers, heard]).toEqual([1, ['/x']]);
  });
});

test('what an operator names may be a place of his own, and metadata of a cloud never', async () => {
  heard = [];
  expect(await ask(named, `http://127.0.0.1:${port}/`)).toBe(302);
  expect(await ask(named, 'http://169.254.169.254/')).toBe(NOT_PERMITTED);
  const addresses = ['192.168.1.1', '8.8.8.8', '169.254.1.1', '::ffff:169.254.169.254', 'fe80::1', '0.0.0.0'];
  expect(addresses.map(isNameable)).toEqual([true, true, false, false, false, false]);
});

test('a library that makes its own requests is judged alike', async () => {
  expect(literalFault(internet, 'https://127.0.0.1/dir')).toMatchObject({ code: NOT_PERMITTED });
  expect(literalFault(internet, 'https://acme.example/dir')).toBeUndefined();
  expect(agentOutside(internet).options.lookup).toBeTypeOf('function');
});

test('a server that an operator added is in a private network only where that is meant, and never here', async () => {
  for (const address of ['127.0.0.1', '::1', '169.254.169.254', 'fe80::1', '0.0.0.0', '::ffff:127.0.0.1'])
    expect(reachable(address, true), address).toBe(false);
  for (const address of ['10.1.2.3', '192.168.1.1', 'fd00::1'])
    expect([reachable(address, false), reachable(address, true)], address).toEqual([false, true]);
  expect(reachable('203.0.114.1', false)).toBe(true);
});

test('a connection that is not HTTP is judged alike', async () => {
  const here: Outside = {
    resolve: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    permitted: () => true,
  };
  const code = (host: string, outside: Outside) =>
    connectOutside(outside, { host, port }, 5000).then(
      (socket) => {
        socket.destroy();
        return 'connected';
      },
      (error: NodeJS.ErrnoException) => error.code,
    );
  expect(await code('mail.example', here)).toBe('connected');
  expect(await code('mail.example', { ...here, permitted: () => false })).toBe(NOT_PERMITTED);
  expect(await code('127.0.0.1', internet)).toBe(NOT_PERMITTED);
});
