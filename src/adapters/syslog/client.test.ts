import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { makeMemoryPki } from '../pki/memory.ts';
import type { Authority, IssuedLeaf } from '../pki/port.ts';
import { makeSyslog } from './client.ts';
import type { SyslogMessage, SyslogServer } from './port.ts';
import { frame, render } from './render.ts';

let root: Authority;
let leaf: IssuedLeaf;
let mine: IssuedLeaf;
let server: Server;
let port: number;
let got = '';
let greet: (socket: Socket) => void = () => {};
const sockets = new Set<Socket>();

const messages: SyslogMessage[] = Array.from({ length: 500 }, (_, n) => ({
  ...{ severity: 6, at: '2026-11-22T09:00:00Z', host: 'h', program: 'p', id: 'i' },
  ...{ data: { index: `${n}` }, text: 'x'.repeat(2000) },
}));
const expected = messages.map((message) => frame(render(message))).join('');
const there = () => ({
  resolve: (_host: string, done: (error: null, all: { address: string; family: number }[]) => void) =>
    done(null, [{ address: '127.0.0.1', family: 4 }]),
  permitted: () => true,
});
const to = (over: Partial<SyslogServer> = {}): SyslogServer => ({
  ...{ host: 'logs.example.org', port, ca: root.certificate, client: undefined, private: false },
  ...over,
});
const says = async (over: Partial<SyslogServer> = {}, way = there, some = messages) => {
  const said = await makeSyslog(way, { patience: 20_000, settle: 200, linger: 500 }).deliver(to(over), some);
  return isRefusal(said) ? said.code : 'taken';
};
const start = (options: TlsOptions) =>
  new Promise<Server>((resolve) => {
    const made = createServer({ cert: leaf.certificate, key: leaf.key.reveal(), ...options }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      greet(socket);
    });
    made.listen(0, '127.0.0.1', () => resolve(made));
  });

beforeAll(async () => {
  const pki = makeMemoryPki();
  root = must(await pki.root());
  leaf = must(await pki.issue({ commonName: 'logs', hosts: ['logs.example.org'], usage: 'server', days: 1 }));
  mine = must(await pki.issue({ commonName: 'bastide', hosts: [], usage: 'client', days: 1 }));
  server = await start({});
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});
beforeEach(() => {
  got = '';
  greet = (socket) =>
    socket.setEncoding('utf8').on('data', (text) => {
      got += text;
    });
});

it('sends every message in its frame, and takes the end of the connection for the receipt', async () => {
  expect(await says()).toBe('taken');
  expect(got).toBe(expected);
});

it('takes nothing for a receipt but that end', async () => {
  greet = (socket) => void socket.once('data', () => socket.destroy());
  expect(['syslog_cut', 'syslog_unreachable']).toContain(await says());
  // As rsyslog does to a client whose certificate it does not like: after the handshake, and in good order.
  greet = (socket) => void socket.end();
  expect(['syslog_cut', 'syslog_unreachable']).toContain(await says());
  // Takes it all and never answers.
  const mute = await start({ allowHalfOpen: true } as TlsOptions);
  greet = (socket) => void socket.resume();
  const at = to({ port: (mute.address() as AddressInfo).port });
  const few = await makeSyslog(there, { patience: 3000, settle: 5, linger: 5 }).deliver(
    at,
    messages.slice(0, 1),
  );
  mute.close();
  expect(isRefusal(few) && few.code).toBe('syslog_cut');
});

it('speaks to nobody whose certificate it does not trust', async () => {
  expect(await says({ ca: undefined })).toBe('syslog_untrusted');
  expect(await says({ host: 'other.example.org' })).toBe('syslog_untrusted');
  expect(got).toBe('');
});

it('shows a certificate where one is asked for', async () => {
  const strict = await start({ requestCert: true, rejectUnauthorized: true, ca: root.certificate });
  const at = (strict.address() as AddressInfo).port;
  try {
    expect(await says({ port: at })).not.toBe('taken');
    const client = { certificate: mine.certificate, key: mine.key };
    expect(await says({ port: at, client })).toBe('taken');
    expect(got).toBe(expected);
  } finally {
    strict.close();
  }
});

it('goes to no address that it must not, by name or as it is', async () => {
  const nowhere = () => ({ ...there(), permitted: () => false });
  expect(await says({}, nowhere)).toBe('syslog_forbidden');
  expect(await says({ host: '127.0.0.1' }, nowhere)).toBe('syslog_forbidden');
  expect(got).toBe('');
});

it('says so where nobody is', async () => {
  const refused = () => ({
    ...there(),
    resolve: (_host: string, done: (error: Error, all: never[]) => void) =>
      done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []),
  });
  expect(await says({}, refused as never)).toBe('syslog_unreachable');
});
