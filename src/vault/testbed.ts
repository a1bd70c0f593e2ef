import { randomUUID, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runner } from '../adapters/exec/run.ts';
import { makePki } from '../adapters/pki/directory.ts';
import type { Repository } from '../adapters/restic/port.ts';
import { vaultClient } from '../adapters/vault/client.ts';
import type { VaultAccess } from '../adapters/vault/port.ts';
import { must } from '../kernel/refusal.ts';
import { Secret } from '../kernel/secret.ts';
import { makeCode } from './accounts.ts';
import { storeCommand } from './commands.ts';
import { makeGate } from './gate.ts';
import { openJournal } from './journal.ts';
import { makeRooms } from './room.ts';
import { FILES, VaultSettings } from './settings.ts';
import { storeAt } from './store.ts';

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** A whole vault in a directory of its own: real rclone, real gate, on loopback. */
export async function startVault(over: Partial<VaultSettings> = {}, around?: string) {
  const root = around ?? (await mkdtemp(join(tmpdir(), 'vault-')));
  const at = (name: string) => join(root, name);
  const settings = VaultSettings.parse({
    id: randomUUID(),
    address: '127.0.0.1',
    port: await freePort(),
    storePort: await freePort(),
    ...{ data: at('data'), state: at('gate'), keeper: at('keeper'), secrets: at('secrets') },
    reserveBytes: 1,
    ...over,
  });
  for (const directory of [settings.data, settings.state, settings.keeper, settings.secrets])
    await mkdir(directory, { recursive: true });
  const pki = makePki({ directory: at('ca'), name: 'Vault CA' });
  const ca = must(await pki.root()).certificate;
  const leaf = must(
    await pki.issue({
      commonName: 'vault',
      hosts: ['localhost'],
      addresses: ['127.0.0.1'],
      usage: 'server',
      days: 30,
    }),
  );
  const password = randomUUID();
  await writeFile(at('secrets/store.password'), password);
  const store = () => runner.start(storeCommand(settings, password));
  let rclone = store();
  const journal = await openJournal(join(settings.state, FILES.journal), Date.now);
  const server = makeGate({
    settings,
    chain: leaf.certificate + ca,
    key: leaf.key.reveal(),
    journal,
    rooms: await makeRooms(settings, Date.now),
    store: storeAt(settings.storePort, password),
    now: Date.now,
  });
  await new Promise<void>((resolve) => server.listen(settings.port, settings.address, resolve));
  const url = `https://127.0.0.1:${settings.port}`;
  const platform = async (user: string): Promise<VaultAccess> => {
    const access = { url, user, password: new Secret(randomUUID() + randomUUID()), ca };
    must(await vaultClient.enrol(access, await makeCode(settings.state, Date.now())));
    return access;
  };
  await untilUp(settings.storePort);
  return {
    root,
    settings,
    url,
    ca,
    platform,
    journal,
    fingerprint: new X509Certificate(ca).fingerprint256.replaceAll(':', '').toLowerCase(),
    lines: async () => (await readFile(join(settings.state, FILES.journal), 'utf8')).trim().split('\n'),
    repository: (access: VaultAccess, name: string, key = 'key of this repository'): Repository => ({
      url: `${url}/r/${name}/`,
      user: access.user,
      password: access.password,
      key: new Secret(key),
      ca,
    }),
    /** Where a platform's repository lies. */
    place: (access: VaultAccess, name: string) => join(settings.data, access.user, name),
    async stopStore() {
      rclone.kill('SIGTERM');
      await rclone.done;
    },
    async startStore() {
      rclone = store();
      await untilUp(settings.storePort);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rclone.kill('SIGTERM');
      await rclone.done;
      if (!around) await rm(root, { recursive: true, force: true });
    },
  };
}

export type TestVault = Awaited<ReturnType<typeof startVault>>;

async function untilUp(port: number): Promise<void> {
  for (let left = 200; left > 0; left -= 1) {
    const up = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('rclone did not come up');
}
