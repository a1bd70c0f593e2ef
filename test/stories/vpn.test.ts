import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mintToken, openPlatform, type Platform } from './lib/platform.ts';

const CLI = join(import.meta.dirname, '../../src/main/cli.ts');
const CONF = '/run/lab/vpn.conf';
interface Peer {
  readonly name: string;
  readonly handshakeAt: string | null;
}
const ROOT = { XDG_CONFIG_HOME: '/run/lab/root' };
let platform: Platform;

/** The command line of root on the server. */
const onServer = (...args: string[]) =>
  platform.node.host.must([process.execPath, CLI, ...args], { env: ROOT });
const said = async (...args: string[]): Promise<string> => {
  const { stdout, stderr } = await platform.bastide(...args);
  return `${stdout}${stderr}`;
};

async function until(good: () => Promise<boolean>): Promise<void> {
  for (let left = 60; left > 0; left -= 1) {
    if (await good()) return;
    await sleep(500);
  }
  throw new Error('it does not come');
}

beforeAll(async () => {
  platform = await openPlatform();
  const { node } = platform;
  const ca = '/run/lab/root-ca.pem';
  node.host.writeFile(ca, node.certificateAuthority());
  const signIn = ['login', '--server', `https://bastide.${node.domain}`, '--ca', ca, '--token', '-'];
  await node.host.must([process.execPath, CLI, ...signIn, '--account', 'person'], {
    env: ROOT,
    stdin: await mintToken(node),
  });
});
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
});

test('a computer far away is enrolled, and brings its tunnel up', async () => {
  const { desk } = platform;
  expect(await said('vpn:on')).toContain('No peer was heard of');
  await platform.ok('vpn:enrol', 'desk', '--days', '1', '--file', CONF);
  // What wg-quick does, without its bash: the address is ip's, the rest is wg's.
  const text = desk.readFile(CONF);
  const [line, address] = /^Address = (\S+)$/m.exec(text)!;
  desk.writeFile(`${CONF}.wg`, text.replace(line, ''));
  await desk.must(['wireguard-go', 'wgdesk'], { env: { LOG_LEVEL: 'silent' } });
  await desk.must(['wg', 'setconf', 'wgdesk', `${CONF}.wg`]);
  await desk.must(['ip', 'address', 'add', address!, 'dev', 'wgdesk']);
  await desk.must(['ip', 'link', 'set', 'wgdesk', 'mtu', '1420', 'up']);
  await desk.must(['ip', 'route', 'add', '10.202.0.1/32', 'dev', 'wgdesk']);
  await until(async () => {
    const peers = await platform.json<Peer[]>('vpn:peers');
    return peers.some(({ name, handshakeAt }) => name === 'desk' && handshakeAt !== null);
  });
});

test('then operators are answered inside and nowhere else, and customers as before', async () => {
  await platform.ok('vpn:on');
  expect(await said('vpn')).toContain('bastide vpn:use');
  expect((await platform.api('GET', '/v1/platform/vpn')).status).toBe(403);
  await platform.ok('apps');
  await platform.ok('vpn:use');
  expect(await platform.ok('vpn')).toContain('inside only');
});

test('whoever is revoked is out within seconds; root on the server is in, and opens it again', async () => {
  await platform.ok('vpn:revoke', 'desk');
  await until(async () => (await platform.bastide('vpn')).code !== 0);
  await onServer('vpn:use', '--local');
  await onServer('vpn:off');
  await onServer('vpn:use', '--off');
  await platform.ok('vpn:use', '--off');
  expect(await platform.ok('vpn')).toContain('from anywhere');
  await platform.desk.must(['ip', 'link', 'delete', 'wgdesk']);
});
