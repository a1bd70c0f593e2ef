import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { greetsWithin } from './banner.ts';

async function serving(words: string | undefined): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (words !== undefined) socket.write(words);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

test('a server of SSH greets', async () => {
  const { port, close } = await serving('SSH-2.0-OpenSSH_9.2p1\r\n');
  expect(await greetsWithin(port, 1000)).toBe(true);
  close();
});

test('another program does not, and nobody does where nothing listens', async () => {
  const { port, close } = await serving('220 mail.example ESMTP\r\n');
  expect(await greetsWithin(port, 0)).toBe(false);
  close();
  expect(await greetsWithin(port, 300)).toBe(false);
});
