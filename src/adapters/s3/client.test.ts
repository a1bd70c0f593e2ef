import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Outside } from '../outbound/port.ts';
import { makeMemoryPki } from '../pki/memory.ts';
import { makeObjectStorage } from './client.ts';

let server: Server;
let outside: Outside;
let port: number;
let asked: { url: string | undefined; authorization: string | undefined }[] = [];

const bucket = (host: string, name = 'shop') => ({
  endpoint: `https://${host}:${port}`,
  region: 'us-east-1',
  bucket: name,
  accessKeyId: 'KEY',
  secretAccessKey: new Secret('a-secret-key'),
});
const says = async (host: string, over: Partial<Outside> = {}, name?: string) => {
  asked = [];
  const said = await makeObjectStorage({ ...outside, ...over }).check(bucket(host, name));
  return isRefusal(said) ? said.code : said;
};

beforeAll(async () => {
  const pki = makeMemoryPki();
  const root = must(await pki.root());
  const leaf = must(
    await pki.issue({ commonName: 'provider', hosts: ['s3.example.com'], usage: 'server', days: 1 }),
  );
  server = createServer({ cert: leaf.certificate, key: leaf.key.reveal() }, (request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization });
    if (request.url?.startsWith('/moved')) {
      response.writeHead(307, { location: 'https://s3.example.com/elsewhere' }).end();
    } else if (request.url?.startsWith('/endless')) {
      response.write('x'.repeat(100_000));
    } else {
      response.end('<ListBucketResult/>');
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
  outside = {
    resolve: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    permitted: () => true,
    ca: root.certificate,
  };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('asks one signed question and never sends the secret', async () => {
  expect(await says('s3.example.com')).toBe('list');
  expect(asked).toEqual([
    { url: '/shop?list-type=2&max-keys=1', authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 /) },
  ]);
  expect(JSON.stringify(asked)).not.toContain('a-secret-key');
});

test('a name that leads to an address which is not public is never spoken to', async () => {
  expect(await says('s3.example.com', { permitted: () => false })).toBe('objects_endpoint_private');
  // One public address among private ones does not help.
  const mixed = await says('s3.example.com', {
    resolve: (_host, done) =>
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '10.200.0.1', family: 4 },
      ]),
    permitted: (address) => address === '127.0.0.1',
  });
  expect(mixed).toBe('objects_endpoint_private');
  expect(asked).toEqual([]);
});

test('by itself it takes no name of this machine for the internet', async () => {
  asked = [];
  const said = await makeObjectStorage().check(bucket('localhost'));
  expect(isRefusal(said) && said.code).toBe('objects_endpoint_private');
  expect(asked).toEqual([]);
});

test('a certificate of somebody else is not trusted', async () => {
  expect(await says('other.example.com')).toBe('objects_endpoint_untrusted');
  const { ca: _, ...machine } = outside;
  const said = await makeObjectStorage(machine).check(bucket('s3.example.com'));
  expect(isRefusal(said) && said.code).toBe('objects_endpoint_untrusted');
});

test('a redirect is not followed and an answer without an end is cut', async () => {
  expect(await says('s3.example.com', {}, 'moved')).toBe('objects_answer_unclear');
  expect(asked).toHaveLength(1);
  expect(await says('s3.example.com', {}, 'endless')).toBe('objects_answer_unclear');
});

test('nobody there is said so', async () => {
  const refused = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  expect(await says('s3.example.com', { resolve: (_host, done) => done(refused, []) })).toBe(
    'objects_endpoint_unreachable',
  );
});
