import { join } from 'node:path';
import type { StackLayout } from '../../../adapters/buildah/port.ts';
import type { ContainerSpec, Engine } from '../../../adapters/docker/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { paths } from '../../../main/paths.ts';
import { ensureDirectory, ensureFile } from './files.ts';
import { ensureBundleImage } from './image.ts';
import { hostUid, userOf } from './users.ts';

export const PROBER = 'bastide-prober';

const MiB = 1024 * 1024;
const CA = join(paths.proberConfig, 'ca.pem');
/** Where the prober finds the one-time token to enrol with; it alone reads it. */
export const proberTokenFile = join(paths.proberConfig, 'enrolment.token');
/** Made by the prober when it has enrolled; its content is nobody else's business. */
export const proberStateFile = join(paths.proberState, 'prober.json');

export interface ProberInput {
  readonly domain: string;
  /** The platform's public address, as a container reaches it. */
  readonly address: string;
  /** The platform's own authority, PEM. */
  readonly ca: string;
  readonly bundle: string;
}

/** A network of its own with a way out, no socket, no mount but its own two: what a container of a tenant has, and less. */
export const proberSpec = (image: string, input: Omit<ProberInput, 'bundle' | 'ca'>): ContainerSpec => ({
  name: PROBER,
  labels: { 'bastide.project': 'system', 'bastide.part': 'prober' },
  image,
  entrypoint: ['node'],
  command: ['/app/dist/prober.js'],
  env: {
    NODE_ENV: 'production',
    BASTIDE_SERVER: `https://bastide.${input.domain}`,
    BASTIDE_PROBER_ADDRESS: input.address,
    BASTIDE_PROBER_CA: CA,
    BASTIDE_PROBER_STATE: paths.proberState,
    BASTIDE_PROBER_TOKEN_FILE: proberTokenFile,
  },
  user: userOf('prober'),
  network: PROBER,
  mounts: [
    { source: paths.proberState, target: paths.proberState, readOnly: false },
    { source: paths.proberConfig, target: paths.proberConfig, readOnly: true },
  ],
  tmpfs: [{ path: '/tmp', sizeBytes: 16 * MiB }],
  ports: [],
  limits: { memoryBytes: 256 * MiB, cpus: 1, pids: 50 },
  stopGraceSeconds: 5,
});

/** The prober started. It is not waited for: the platform serves without it, and says when it is missing. */
export async function bringUpProber(
  engine: Engine,
  stack: StackLayout,
  input: ProberInput,
): Promise<Outcome<void>> {
  const owner = hostUid('prober');
  await ensureDirectory(paths.proberState, { uid: owner, gid: owner, mode: 0o700 });
  await ensureDirectory(paths.proberConfig, { uid: 0, gid: 0, mode: 0o711 });
  await ensureFile(CA, input.ca, { uid: 0, gid: 0, mode: 0o644 });
  const image = await ensureBundleImage(engine, 'prober', stack, input.bundle);
  if (isRefusal(image)) return image;
  const network = await engine.networkEnsure({
    name: PROBER,
    labels: { 'bastide.project': 'system' },
    driver: 'bridge',
    internal: false,
    options: {
      // Named as a guest's: the packet filter treats it as it treats every tenant's container.
      'com.docker.network.bridge.name': 'bst-0000000001',
      'com.docker.network.bridge.enable_icc': 'false',
    },
  });
  if (isRefusal(network)) return network;
  const started = await engine.containerEnsure(proberSpec(image, input));
  return isRefusal(started) ? started : undefined;
}

/** Puts a new one-time token where the prober, and nobody else, reads it. */
export async function giveEnrolment(token: string): Promise<void> {
  const owner = hostUid('prober');
  await ensureFile(proberTokenFile, `${token}\n`, { uid: owner, gid: owner, mode: 0o400 });
}
