import type { ContainerSpec } from '../../adapters/docker/port.ts';
import { SSH_GID, SSH_UID } from './model.ts';

const MIB = 1024 * 1024;
export const SSH_CONTAINER = 'bastide-gateway-ssh';
/** What answers every login, in the image. */
export const GATE = '/usr/lib/bastide/gate';

export interface SshPlaces {
  /** Files of sshd, as we write them. */
  readonly files: string;
  readonly apiSocketDir: string;
}

/** Where the image looks for its files; its /etc/passwd leads there. */
export const FILES = '/run/ssh';

/**
 * The SSH gateway: the host's network as the edge has it, so that sshd itself sees who comes; a user of its own, no
 * capability, nothing to write but /tmp, which is what all pushes together may take.
 */
export const sshSpec = (image: string, places: SshPlaces, config: string): ContainerSpec => ({
  name: SSH_CONTAINER,
  labels: { 'bastide.project': 'system', 'bastide.part': 'gateway-ssh', 'bastide.config': config },
  image,
  entrypoint: ['/usr/sbin/sshd'],
  command: ['-D', '-e', '-f', `${FILES}/sshd_config`],
  env: {},
  user: `${SSH_UID}:${SSH_GID}`,
  network: 'host',
  mounts: [
    { source: places.files, target: FILES, readOnly: true },
    { source: places.apiSocketDir, target: places.apiSocketDir, readOnly: true },
  ],
  tmpfs: [{ path: '/tmp', sizeBytes: 384 * MIB }],
  ports: [],
  limits: { memoryBytes: 1024 * MIB, cpus: 1, pids: 200 },
  stopGraceSeconds: 3,
  stopSignal: 'SIGTERM',
});
