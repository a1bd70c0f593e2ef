import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Started } from '../exec/port.ts';
import { runner, runOrRefuse } from '../exec/run.ts';
import { makePki } from '../pki/directory.ts';
import { makeRegistry } from './client.ts';
import { registryConformance } from './conformance.ts';
import type { Registry } from './port.ts';
import { renderRegistryConfig } from './render.ts';

let dir = '';
let server: Started | undefined;
let host = '';
let registry: Registry;
const tls = () => ({ ca: join(dir, 'ca.crt'), cert: join(dir, 'client.crt'), key: join(dir, 'client.key') });

/** Debian's registry, unpacked and not installed. */
async function unpackRegistry(): Promise<string> {
  must(await runOrRefuse(runner, { argv: ['apt-get', 'download', '-qq', 'docker-registry'], cwd: dir }));
  const [deb] = (await readdir(dir)).filter((name) => name.endsWith('.deb'));
  must(await runOrRefuse(runner, { argv: ['dpkg', '-x', join(dir, deb!), join(dir, 'pkg')] }));
  return join(dir, 'pkg/usr/bin/docker-registry');
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

async function makeCertificates(): Promise<void> {
  const pki = makePki({ directory: join(dir, 'pki'), name: 'test registry CA' });
  const other = makePki({ directory: join(dir, 'other'), name: 'another CA' });
  await writeFile(tls().ca, must(await pki.root()).certificate);
  const shape = { hosts: [], days: 1 } as const;
  const leaves = {
    server: await pki.issue({
      ...shape,
      commonName: 'registry',
      hosts: ['registry.test'],
      addresses: ['127.0.0.1'],
      usage: 'server',
    }),
    client: await pki.issue({ ...shape, commonName: 'agent', hosts: ['agent.test'], usage: 'client' }),
    foreign: await other.issue({ ...shape, commonName: 'agent', hosts: ['agent.test'], usage: 'client' }),
  };
  for (const [name, leaf] of Object.entries(leaves)) {
    await writeFile(join(dir, `${name}.crt`), must(leaf).certificate);
    await writeFile(join(dir, `${name}.key`), must(leaf).key.reveal(), { mode: 0o600 });
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-registry-'));
  await mkdir(join(dir, 'data'));
  const [binary] = await Promise.all([unpackRegistry(), makeCertificates()]);
  host = `127.0.0.1:${await freePort()}`;
  const config = renderRegistryConfig({
    listen: host,
    dataDir: join(dir, 'data'),
    tls: { cert: join(dir, 'server.crt'), key: join(dir, 'server.key'), clientCa: tls().ca },
    secret: 'test',
  });
  await writeFile(join(dir, 'config.yml'), config);
  server = runner.start({ argv: [binary, 'serve', join(dir, 'config.yml')], timeoutMs: 600_000 });
  registry = await makeRegistry({ host, tls: tls() });
  const nothing = { repository: 'a', digest: `sha256:${'0'.repeat(64)}` };
  for (let tries = 0; (await registry.exists(nothing)) !== false; tries += 1) {
    if (tries === 100)
      throw new Error(`the registry does not answer: ${JSON.stringify(await registry.exists(nothing))}`);
    await sleep(100);
  }
});

afterAll(async () => {
  server?.kill('SIGKILL');
  await server?.done;
  await rm(dir, { recursive: true, force: true });
});

registryConformance('distribution', () => registry);

describe('distribution', () => {
  const image = { repository: 'a', digest: `sha256:${'0'.repeat(64)}` };

  it('does not talk to a client of another authority', async () => {
    const files = { ca: tls().ca, cert: join(dir, 'foreign.crt'), key: join(dir, 'foreign.key') };
    const stranger = await makeRegistry({ host, tls: files });
    expect(await stranger.exists(image)).toMatchObject({ code: 'registry_unreachable' });
  });

  it('is not talked to when its certificate is of another authority', async () => {
    const files = { ...tls(), ca: join(dir, 'foreign.crt') };
    const deceived = await makeRegistry({ host, tls: files });
    expect(await deceived.exists(image)).toMatchObject({ code: 'registry_unreachable' });
  });

  it('may be away', async () => {
    const away = await makeRegistry({ host: `127.0.0.1:${await freePort()}`, tls: tls() });
    expect(await away.exists(image)).toMatchObject({ code: 'registry_unreachable' });
  });
});
