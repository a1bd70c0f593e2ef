import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Engine } from '../../../adapters/docker/port.ts';
import type { Leaf, Pki } from '../../../adapters/pki/port.ts';
import { renderRegistryConfig } from '../../../adapters/registry/render.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { INTERNAL_ADDRESS, paths, REGISTRY_PORT } from '../../../main/paths.ts';
import { ensureDirectory, ensureFile, ensureSecret, type Owner } from './files.ts';
import { REGISTRY_NETWORK, registryPlaces, registrySpec } from './specs.ts';
import { hostUid } from './users.ts';
import { untilHealthy } from './wait.ts';

const ROOT_ONLY = { uid: 0, gid: 0, mode: 0o600 };
const READABLE = { uid: 0, gid: 0, mode: 0o644 };
const DAYS = 397;
const RENEW_BEFORE_MS = 60 * 24 * 3_600_000;

export const REGISTRY_HOST = `${INTERNAL_ADDRESS}:${REGISTRY_PORT}`;

/** Where the programs on this host that speak to the registry find their certificate, key and its authority. */
export const registryClientFiles = {
  ca: join(paths.secrets, 'registry-client/ca.crt'),
  certificate: join(paths.secrets, 'registry-client/client.cert'),
  key: join(paths.secrets, 'registry-client/client.key'),
} as const;

/** The engine reads its own copy here at each pull. */
export const engineCertificates = join('/etc/docker/certs.d', REGISTRY_HOST);

/**
 * The registry up on the internal address with mutual TLS, and the certificates of its two clients (the agent, the
 * engine) in place. Certificates are renewed sixty days before their end.
 * Refusals: `pki_*`, `system_part_unhealthy`, the engine's.
 */
export async function bringUpRegistry(engine: Engine, pki: Pki, image: string): Promise<Outcome<void>> {
  const owner = hostUid('registry');
  const its = { uid: owner, gid: owner, mode: 0o400 };
  const httpSecret = await ensureSecret(join(paths.secrets, 'registry-http.secret'));
  const root = await pki.root();
  if (isRefusal(root)) return root;
  const conf = renderRegistryConfig({
    listen: `:${REGISTRY_PORT}`,
    dataDir: registryPlaces.data,
    tls: {
      cert: `${registryPlaces.config}/registry.crt`,
      key: `${registryPlaces.config}/registry.key`,
      clientCa: `${registryPlaces.config}/ca.crt`,
    },
    secret: httpSecret.reveal(),
  });
  await ensureFile(join(paths.registryConfig, 'registry.yml'), conf, its);
  await ensureFile(join(paths.registryConfig, 'ca.crt'), root.certificate, READABLE);
  const server: Leaf = {
    commonName: 'bastide registry',
    hosts: ['registry.bastide.internal'],
    addresses: [INTERNAL_ADDRESS],
    usage: 'server',
    days: DAYS,
  };
  const pair = {
    certificate: join(paths.registryConfig, 'registry.crt'),
    key: join(paths.registryConfig, 'registry.key'),
  };
  const certificate = await ensureLeaf(pki, root.certificate, server, pair, its);
  if (isRefusal(certificate)) return certificate;
  const clients = await ensureClients(pki, root.certificate);
  if (isRefusal(clients)) return clients;

  const network = await engine.networkEnsure({
    name: REGISTRY_NETWORK,
    labels: { 'bastide.project': 'system' },
    driver: 'bridge',
    internal: false,
    options: {
      // Named as a guest's: the packet filter closes it off the same way, and the tear-down finds it.
      'com.docker.network.bridge.name': 'bst-0000000000',
      'com.docker.network.bridge.enable_icc': 'false',
      // The registry answers; it never asks anybody.
      'com.docker.network.bridge.enable_ip_masquerade': 'false',
    },
  });
  if (isRefusal(network)) return network;
  const config = createHash('sha256')
    .update(conf)
    .update(root.certificate)
    .update(certificate)
    .digest('hex')
    .slice(0, 16);
  const started = await engine.containerEnsure(registrySpec({ image, config }));
  if (isRefusal(started)) return started;
  return untilHealthy(engine, 'registry', askRegistry);
}

async function ensureClients(pki: Pki, ca: string): Promise<Outcome<void>> {
  for (const [commonName, directory] of [
    ['bastide agent', join(paths.secrets, 'registry-client')],
    ['bastide engine', engineCertificates],
  ] as const) {
    await ensureDirectory(directory, { uid: 0, gid: 0, mode: 0o700 });
    await ensureFile(join(directory, 'ca.crt'), ca, ROOT_ONLY);
    const pair = { certificate: join(directory, 'client.cert'), key: join(directory, 'client.key') };
    const leaf: Leaf = { commonName, hosts: [], usage: 'client', days: DAYS };
    const made = await ensureLeaf(pki, ca, leaf, pair, ROOT_ONLY);
    if (isRefusal(made)) return made;
  }
}

/** A certificate and key on disk, issued anew when missing, foreign or near its end; gives the certificate. */
async function ensureLeaf(
  pki: Pki,
  ca: string,
  leaf: Leaf,
  pair: { certificate: string; key: string },
  owner: Owner,
): Promise<Outcome<string>> {
  const [certificate, key] = await Promise.all(
    [pair.certificate, pair.key].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  if (certificate && key && isGood(certificate, ca)) return certificate;
  const issued = await pki.issue(leaf);
  if (isRefusal(issued)) return issued;
  await ensureFile(pair.key, issued.key.reveal(), owner);
  await ensureFile(pair.certificate, issued.certificate, owner);
  return issued.certificate;
}

function isGood(certificate: string, ca: string): boolean {
  const parsed = new X509Certificate(certificate);
  return (
    parsed.verify(new X509Certificate(ca).publicKey) &&
    Date.parse(parsed.validTo) > Date.now() + RENEW_BEFORE_MS
  );
}

/** GET /v2/ with our certificate; undefined when it answers 200. */
async function askRegistry(): Promise<string | undefined> {
  const [ca, cert, key] = await Promise.all(
    [registryClientFiles.ca, registryClientFiles.certificate, registryClientFiles.key].map((path) =>
      readFile(path),
    ),
  );
  return new Promise((resolve) => {
    const asked = request(
      {
        host: INTERNAL_ADDRESS,
        port: REGISTRY_PORT,
        path: '/v2/',
        ca,
        cert,
        key,
        timeout: 5000,
        agent: false,
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200 ? undefined : `it answers ${answer.statusCode}`);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer in 5 s')));
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}
