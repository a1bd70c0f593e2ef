import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { runner } from '../exec/run.ts';
import { wireguardConformance } from './conformance.ts';
import { makeKeyPair, publicKeyOf } from './keys.ts';
import type { TunnelSettings } from './port.ts';
import { knock, ok, type Place, twoPlaces } from './testbed.ts';
import { makeWireguard } from './tunnel.ts';

const unique = `wgt${process.pid}`;
let server: Place;
let laptop: Place;
let directory: string;
const settingsOf = (name: string): TunnelSettings => ({
  interface: name,
  address: '10.202.0.1',
  subnet: '10.202.0.0/24',
  port: 51_820,
  directory: join(directory, name),
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-wireguard-'));
  [server, laptop] = await twoPlaces();
});

afterAll(async () => {
  // A program in userspace keeps its namespace: it ends with its device.
  for (const name of ['a', 's']) await makeWireguard(server, settingsOf(`${unique}${name}`)).lower();
  await makeWireguard(laptop, settingsOf(`${unique}c`)).lower();
  for (const at of [server, laptop]) await at.end();
  await rm(directory, { recursive: true, force: true });
});

wireguardConformance('a real tunnel', () => {
  const settings = settingsOf(`${unique}a`);
  return { wireguard: makeWireguard(server, settings), settings };
});

it('makes the keys that wg makes', async () => {
  const { privateKey, publicKey } = makeKeyPair();
  expect((await ok(runner, 'wg pubkey', privateKey)).trim()).toBe(publicKey);
  const theirs = (await ok(runner, 'wg genkey')).trim();
  expect((await ok(runner, 'wg pubkey', theirs)).trim()).toBe(publicKeyOf(new Secret(theirs)));
});

describe('a peer at the other end', () => {
  const mine = makeKeyPair();
  const peer = { publicKey: mine.publicKey, address: '10.202.0.2' };
  const other = { publicKey: makeKeyPair().publicKey, address: '10.202.0.3' };
  /** Nobody listens there: who is inside is told so, who is not hears nothing. */
  const reaches = async () => (await knock(laptop, '10.202.0.1', 9)) === 'ECONNREFUSED';

  it('gets in while it is admitted and not after; its handshake is seen, its key is in no file that others read', async () => {
    const settings = settingsOf(`${unique}s`);
    const wireguard = makeWireguard(server, settings);
    must(await wireguard.raise());
    must(await wireguard.admit([peer]));

    const client = makeWireguard(laptop, { ...settingsOf(`${unique}c`), address: '10.202.0.2' });
    must(await client.raise());
    await ok(laptop, `wg set ${unique}c private-key ${await keyFile(mine.privateKey)}`);
    await ok(
      laptop,
      `wg set ${unique}c peer ${must(await wireguard.publicKey())} endpoint 198.51.100.1:51820 allowed-ips 10.202.0.1/32`,
    );
    expect(must(await wireguard.look())?.peers).toMatchObject([{ handshakeAt: null }]);
    expect(await reaches()).toBe(true);
    const [seen] = must(await wireguard.look())!.peers;
    expect(Math.abs((seen?.handshakeAt ?? 0) - Date.now())).toBeLessThan(60_000);

    // Somebody else comes: whoever is there keeps the session, or the handshake would be gone.
    must(await wireguard.admit([peer, other]));
    expect(must(await wireguard.look())?.peers.find(({ publicKey }) => publicKey === peer.publicKey)).toEqual(
      seen,
    );
    expect(await reaches()).toBe(true);

    must(await wireguard.admit([other]));
    expect(await reaches()).toBe(false);

    for (const file of ['server.key', 'wireguard.conf'])
      expect((await stat(join(settings.directory, file))).mode & 0o777).toBe(0o600);
    must(await wireguard.lower());
    must(await client.lower());
    expect(must(await wireguard.look())).toBeUndefined();
  });

  async function keyFile(key: Secret): Promise<string> {
    const path = join(directory, 'laptop.key');
    await writeFile(path, key.reveal(), { mode: 0o600 });
    return path;
  }
});
