import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { makeClient } from './client.ts';

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

it('gives what a command inside printed, line by line, and its exit code apart', async () => {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/runs')) return void response.end(JSON.stringify({ operationId: 'o1' }));
    const said = [
      event('output', { seq: 1, source: 'stderr', data: 'careful' }),
      event('output', { seq: 2, source: 'stdout', data: '{"a":1}' }),
      event('output', { seq: 3, source: 'exit', data: '3' }),
      event('end', { status: 'succeeded', failure: null, result: { exitCode: 3 } }),
    ];
    response.end(said.join(''));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const way = { address: undefined, ca: undefined };
  const client = makeClient(way, `http://127.0.0.1:${port}`, () => undefined);
  expect(await client.run('a', 'app', ['true'], 1000)).toEqual({ code: 3, output: 'careful\n{"a":1}\n' });
  await new Promise((resolve) => server.close(resolve));
});
