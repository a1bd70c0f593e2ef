import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { send } from './transport.ts';

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

it('says by which way nobody answered, and how to take the other one', async () => {
  const server = `https://bastide.example.org:${await closedPort()}`;
  const asked = { method: 'GET', path: '/up' };
  expect(await send({ server, via: '127.0.0.1' }, asked)).toMatchObject({
    code: 'cli_unreachable',
    message: `${server} does not answer by 127.0.0.1: ECONNREFUSED`,
    next: expect.stringContaining('bastide vpn:use --off'),
  });
  expect(await send({ server: server.replace('bastide.example.org', 'localhost') }, asked)).toMatchObject({
    code: 'cli_unreachable',
    next: expect.stringContaining('npm run doctor'),
  });
});
