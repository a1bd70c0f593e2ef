import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { runner } from '../exec/run.ts';
import { config, freePort, raw, startTestbed, type Testbed, until } from '../haproxy/testbed.ts';
import { makeMemoryPki } from '../pki/memory.ts';
import { makeAcme } from './acme.ts';
import { acmeConformance } from './conformance.ts';
import type { ChallengePublisher } from './port.ts';

let bed: Testbed;
let dns: Socket;
let directory = '';
let url = '';
let ca = '';
const stop: (() => void)[] = [];

/** Answers 127.0.0.1 to every question of type A, nothing to others. */
function answer(query: Buffer): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const isA = query.readUInt16BE(end - 4) === 1;
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(isA ? 1 : 0, 6);
  head.fill(0, 8, 12);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
  return isA ? Buffer.concat([head, record]) : head;
}

beforeAll(async () => {
  bed = await startTestbed();
  directory = await mkdtemp(join(tmpdir(), 'bastide-acme-'));
  dns = createSocket('udp4').on('message', (query, from) => dns.send(answer(query), from.port, from.address));
  await new Promise<void>((resolve) => dns.bind(0, '127.0.0.1', resolve));
  const pki = makeMemoryPki();
  ca = must(await pki.root()).certificate;
  const leaf = must(
    await pki.issue({
      commonName: 'pebble',
      hosts: ['localhost'],
      addresses: ['127.0.0.1'],
      usage: 'server',
      days: 1,
    }),
  );
  const [port, management] = [await freePort(), await freePort()];
  const file = (name: string) => join(directory, name);
  await writeFile(file('cert.pem'), leaf.certificate);
  await writeFile(file('key.pem'), leaf.key.reveal(), { mode: 0o600 });
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: file('cert.pem'),
    privateKey: file('key.pem'),
    httpPort: bed.http,
    tlsPort: bed.https,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  };
  await writeFile(file('pebble.json'), JSON.stringify({ pebble }));
  const started = runner.start({
    argv: [
      'pebble',
      '-config',
      file('pebble.json'),
      '-strict',
      '-dnsserver',
      `127.0.0.1:${dns.address().port}`,
    ],
    env: { PEBBLE_VA_NOSLEEP: '1' },
  });
  stop.push(() => started.kill());
  url = `https://127.0.0.1:${port}/dir`;
  await until(
    () => raw(port, 'GET / HTTP/1.0\r\n\r\n'),
    (text) => text !== '',
  );
});
afterAll(async () => {
  for (const end of stop) end();
  dns.close();
  await rm(directory, { recursive: true });
  await bed[Symbol.asyncDispose]();
});

const challenges = new Map<string, string>();
const apply = () =>
  bed.edge.apply(
    config([], {
      challenges: [...challenges].map(([token, keyAuthorization]) => ({ token, keyAuthorization })),
    }),
  );
/** The load balancer itself answers the challenge, from its map. */
const publisher: ChallengePublisher = {
  async publish(token, keyAuthorization) {
    challenges.set(token, keyAuthorization);
    must(await apply());
  },
  async withdraw(token) {
    challenges.delete(token);
    must(await apply());
  },
};
const acme = () =>
  makeAcme({ directory: url, accountKey: join(directory, 'account.pem'), ca, email: 'ops@example.test' });

acmeConformance('pebble', () => ({ acme: acme(), publisher, host: 'shop.example.test' }));

it('keeps the account key from everybody else', async () => {
  expect((await stat(join(directory, 'account.pem'))).mode & 0o777).toBe(0o600);
});

it('says so when the authority cannot fetch the challenge', async () => {
  const nowhere: ChallengePublisher = { publish: async () => undefined, withdraw: async () => {} };
  expect(await acme().issue(['lost.example.test'], nowhere)).toMatchObject({ code: 'acme_challenge_failed' });
});

it('says so when the authority is not there', async () => {
  const none = makeAcme({
    directory: `https://127.0.0.1:${await freePort()}/dir`,
    accountKey: join(directory, 'account.pem'),
    ca,
  });
  expect(await none.issue(['shop.example.test'], publisher)).toMatchObject({ code: 'acme_unreachable' });
});
