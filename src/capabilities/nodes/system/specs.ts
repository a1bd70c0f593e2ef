import type { ContainerSpec } from '../../../adapters/docker/port.ts';
import { INTERNAL_ADDRESS, paths, REGISTRY_PORT } from '../../../main/paths.ts';
import { userOf } from './users.ts';

const MiB = 1024 * 1024;

/** Names of the platform's containers; the order is the one in which they start. */
export const containers = {
  postgres: 'bastide-postgres',
  registry: 'bastide-registry',
  api: 'bastide-api',
  edge: 'bastide-edge',
} as const;
export type Part = keyof typeof containers;

export const REGISTRY_NETWORK = 'bastide-registry';

export interface PartInput {
  /** Reference of the loaded image. */
  readonly image: string;
  /** Changes when a file that the part reads only at its start has changed, so that it is replaced. */
  readonly config: string;
}

/** What all parts have in common; hardening that cannot be chosen is in adapters/docker/render.ts. */
const base = (part: Part, { image, config }: PartInput) => ({
  name: containers[part],
  labels: { 'bastide.project': 'system', 'bastide.part': part, 'bastide.config': config },
  image,
  env: {},
  user: userOf(part),
  ports: [],
  tmpfs: [{ path: '/tmp', sizeBytes: 64 * MiB }],
});

export const postgresBin = '/usr/lib/postgresql/15/bin';
/** Places inside the PostgreSQL container. */
export const postgresPlaces = {
  mount: '/data',
  data: '/data/main',
  /** Where initdb works; renamed to `data` when it is whole. */
  making: '/data/new',
  socket: '/run/postgresql',
  config: '/etc/bastide',
} as const;

const postgresMounts = [
  { source: paths.postgresData, target: postgresPlaces.mount, readOnly: false },
  { source: paths.postgresSocketDir, target: postgresPlaces.socket, readOnly: false },
  { source: paths.postgresConfig, target: postgresPlaces.config, readOnly: true },
];

/** PostgreSQL without any network: the API and the agent come by its unix socket. */
export const postgresSpec = (input: PartInput): ContainerSpec => ({
  ...base('postgres', input),
  entrypoint: [`${postgresBin}/postgres`],
  command: ['-D', postgresPlaces.data, '-c', `config_file=${postgresPlaces.config}/postgresql.conf`],
  network: 'none',
  mounts: postgresMounts,
  limits: { memoryBytes: 512 * MiB, cpus: 2, pids: 200 },
  stopGraceSeconds: 60,
  // Its word for "end the sessions, checkpoint, stop"; the usual one waits for every client to leave.
  stopSignal: 'SIGINT',
});

/** Makes the data directory, once, as the same user and with nothing but that directory. */
export const initdbSpec = (input: PartInput): ContainerSpec => ({
  ...postgresSpec(input),
  name: `${containers.postgres}-init`,
  labels: { 'bastide.project': 'system', 'bastide.part': 'postgres-init' },
  entrypoint: [`${postgresBin}/initdb`],
  command: [
    ...['-D', postgresPlaces.making, '--username=postgres', '--auth-local=peer', '--auth-host=reject'],
    ...['--data-checksums', '--encoding=UTF8', '--locale=C.UTF-8'],
  ],
  restart: 'none',
});

export const registryPlaces = { data: '/var/lib/registry', config: '/etc/bastide' } as const;

/** The registry, on the internal address only; mutual TLS with an authority of its own. */
export const registrySpec = (input: PartInput): ContainerSpec => ({
  ...base('registry', input),
  entrypoint: ['/usr/bin/docker-registry'],
  command: ['serve', `${registryPlaces.config}/registry.yml`],
  network: REGISTRY_NETWORK,
  mounts: [
    { source: paths.registryData, target: registryPlaces.data, readOnly: false },
    { source: paths.registryConfig, target: registryPlaces.config, readOnly: true },
  ],
  ports: [{ address: INTERNAL_ADDRESS, host: REGISTRY_PORT, container: REGISTRY_PORT }],
  limits: { memoryBytes: 256 * MiB, cpus: 1, pids: 100 },
  stopGraceSeconds: 10,
});

/** The API has no network at all: the edge comes by one socket, the database is behind another. */
export const apiSpec = (input: PartInput, env: ContainerSpec['env']): ContainerSpec => ({
  ...base('api', input),
  entrypoint: ['node'],
  command: ['/app/dist/api.js'],
  env: { NODE_ENV: 'production', ...env },
  network: 'none',
  mounts: [
    { source: paths.apiSocketDir, target: paths.apiSocketDir, readOnly: false },
    { source: paths.operatorsSocketDir, target: paths.operatorsSocketDir, readOnly: false },
    { source: paths.postgresSocketDir, target: paths.postgresSocketDir, readOnly: true },
    { source: paths.uploads, target: paths.uploads, readOnly: false },
    { source: paths.exports, target: paths.exports, readOnly: true },
  ],
  limits: { memoryBytes: 512 * MiB, cpus: 2, pids: 100 },
  stopGraceSeconds: 15,
});

/** HAProxy: the host's network, no capability, ports from 80 by the unprivileged-port setting. */
export const edgeSpec = (
  input: PartInput,
  haproxy: Pick<ContainerSpec, 'command' | 'mounts'> & { readonly entrypoint: readonly string[] },
): ContainerSpec => ({
  ...base('edge', input),
  ...haproxy,
  network: 'host',
  limits: { memoryBytes: 1024 * MiB, cpus: 2, pids: 100 },
  stopGraceSeconds: 30,
});
