import type { ContainerSpec } from '../../adapters/docker/port.ts';
import { GATEWAY_PORTS, GATEWAY_UID, type GatewayName } from './model.ts';

const MIB = 1024 * 1024;

export const gatewayContainers = {
  postgres: 'bastide-gateway-postgres',
  mysql: 'bastide-gateway-mysql',
} as const satisfies Record<GatewayName, string>;

/** Where a gateway's files and its socket for us are: the same path inside and outside. */
export interface GatewayPlaces {
  readonly files: string;
  readonly run: string;
}

const PROGRAMS = {
  postgres: {
    entrypoint: ['/usr/sbin/pgbouncer'],
    command: ({ files }: GatewayPlaces) => [`${files}/pgbouncer.ini`],
    env: () => ({}),
  },
  mysql: {
    entrypoint: ['node'],
    command: () => ['/app/dist/gateway-mysql.js'],
    env: ({ files, run }: GatewayPlaces) => ({
      NODE_ENV: 'production',
      BASTIDE_GATEWAY_FILES: files,
      BASTIDE_GATEWAY_STATUS: `${run}/status.sock`,
      BASTIDE_GATEWAY_PORT: String(GATEWAY_PORTS.mysql),
    }),
  },
} as const;

/** A gateway: the host's network as the edge has it, a user of its own, no capability, nothing to write but its socket. */
export const gatewaySpec = (gateway: GatewayName, image: string, places: GatewayPlaces): ContainerSpec => ({
  name: gatewayContainers[gateway],
  labels: { 'bastide.project': 'system', 'bastide.part': `gateway-${gateway}` },
  image,
  entrypoint: PROGRAMS[gateway].entrypoint,
  command: PROGRAMS[gateway].command(places),
  env: PROGRAMS[gateway].env(places),
  user: `${GATEWAY_UID}:${GATEWAY_UID}`,
  network: 'host',
  mounts: [
    { source: places.files, target: places.files, readOnly: true },
    { source: places.run, target: places.run, readOnly: false },
  ],
  tmpfs: [{ path: '/tmp', sizeBytes: 16 * MIB }],
  ports: [],
  limits: { memoryBytes: 128 * MIB, cpus: 1, pids: 50 },
  stopGraceSeconds: 5,
  // PgBouncer's usual word waits for clients; this one means now.
  stopSignal: 'SIGTERM',
});
