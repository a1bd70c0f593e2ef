import type { ContainerSpec } from '../docker/port.ts';
import type { Instance, Shape } from './port.ts';

/**
 * PURE. A database's server in a container that nobody can reach: no network, once, with the limits of its plan. `places`:
 * the directories of its shape, and where they are on the host.
 */
export const isolatedServer = (
  given: Pick<ContainerSpec, 'name' | 'labels' | 'image'>,
  shape: Shape,
  { limits }: Instance,
  places: ContainerSpec['mounts'],
): ContainerSpec => ({
  ...given,
  entrypoint: shape.entrypoint,
  command: shape.command,
  env: shape.env,
  user: `${shape.uid}:${shape.uid}`,
  network: 'none',
  mounts: places.map(({ source, target, readOnly }) => ({ source, target, readOnly })),
  tmpfs: shape.tmpfs,
  ports: [],
  limits: { memoryBytes: limits.memoryBytes, cpus: limits.cpus, pids: shape.pids },
  stopGraceSeconds: shape.stopGraceSeconds,
  stopSignal: shape.stopSignal,
  restart: 'none',
});
