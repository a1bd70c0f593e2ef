import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '../../kernel/command.ts';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Runner, Started } from '../exec/port.ts';
import { runner } from '../exec/run.ts';
import { wireguardConformance } from './conformance.ts';
import { makeKeyPair, publicKeyOf } from './keys.ts';
import type { TunnelSettings } from './port.ts';
import { makeWireguard } from './tunnel.ts';

/** A network namespace that is gone with its keeper. */
interface Place extends Runner {
  readonly keeper: Started;
}

async function place(): Promise<Place> {
  const keeper = runner.start({ argv: ['unshare', '--net', 'sleep', '3600'], timeoutMs: 3_600_000 });
  const inside = (command: Command): Command => ({
    ...command,
    argv: ['nsenter', `--net=/proc/${keeper.pid}/ns/net`, '--', ...command.argv],
  });
  const run: Runner['run'] = (command, onLine) => runner.run(inside(command), onLine);
  const own = (await runner.run({ argv: ['readlink', '/proc/self/ns/net'] })) as { stdout: string };
  for (let left = 100; left > 0; left -= 1) {
    const there = must(await runner.run({ argv: ['readlink', `/proc/${keeper.pid}/ns/net`] }));
    if (there.code === 0 && there.stdout !== own.stdout) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { keeper, run };
}

/** Runs and has to succeed. */
async function ok(at: Runner, line: string, stdin?: string | Secret): Promise<string> {
  const ran = must(
    await at.run({
      argv: line.split(' ') as [string, ...string[]],
      timeoutMs: 20_000,
      ...(stdin ? { stdin } : {}),
    }),
  );
  if (ran.code !== 0) throw new Error(`${line}: ${ran.stderr}`);
  return ran.stdout;
}

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
  [server, laptop] = [await place(), await place()];
  await ok(server, `ip link add out0 type veth peer name out0 netns /proc/${laptop.keeper.pid}/ns/net`);
  for (const [at, address] of [
    [server, '198.51.100.1/24'],
    [laptop, '198.51.100.2/24'],
  ] as const) {
    await ok(at, `ip address add ${address} dev out0`);
    await ok(at, 'ip link set out0 up');
    await ok(at, 'ip link set lo up');
  }
});

afterAll(async () => {
  // A program in userspace keeps its namespace: it ends with its device.
  for (const name of ['a', 's']) await makeWireguard(server, settingsOf(`${unique}${name}`)).lower();
  await makeWireguard(laptop, settingsOf(`${unique}c`)).lower();
  for (const { keeper } of [server, laptop]) {
    keeper.kill();
    await keeper.done;
  }
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
  const KNOCK = `const s = require('net').connect({ host: '10.202.0.1', port: 9, timeout: 4000 });
    s.on('error', (e) => process.exit(e.code === 'ECONNREFUSED' ? 0 : 1)); s.on('timeout', () => process.exit(1));`;
  const reaches = async () =>
    must(await laptop.run({ argv: [process.execPath, '-e', KNOCK], timeoutMs: 20_000 })).code === 0;

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
