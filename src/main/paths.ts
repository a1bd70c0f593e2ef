/**
 * Where the platform keeps its things. Constants: a lab host has mounts of its own at the same places.
 * State outlives a restart, run does not.
 */
export const paths = {
  /** Settings and secrets, root only. */
  config: '/etc/bastide',
  secrets: '/etc/bastide/secrets',
  settings: '/etc/bastide/bastide.json',
  state: '/var/lib/bastide',
  /** Things that can be made again: stacks, downloaded packages. */
  cache: '/var/cache/bastide',
  run: '/run/bastide',
  log: '/var/log/bastide',
  /** How far the agent's bring-up is. */
  status: '/run/bastide/status.json',
  /** Supervised programs where there is no systemd (runit). */
  services: '/var/lib/bastide/services',

  engineRoot: '/var/lib/bastide/engine',
  engineSocket: '/run/bastide/engine.sock',
  postgresData: '/var/lib/bastide/postgres',
  postgresConfig: '/var/lib/bastide/postgres-config',
  postgresSocketDir: '/run/bastide/postgres',
  registryData: '/var/lib/bastide/registry',
  registryConfig: '/var/lib/bastide/registry-config',
  /** The API listens here; the edge is the only one that connects. */
  apiSocketDir: '/run/bastide/api',
  /** Uploaded source archives, written by the API, read by the agent. */
  uploads: '/var/lib/bastide/uploads',
  builds: '/var/lib/bastide/builds',
  stacks: '/var/cache/bastide/stacks',
  edge: '/var/lib/bastide/edge',
  /** Encrypted images: one per project and the platform's own. */
  storage: '/var/lib/bastide/storage',
  /** Where projects' images are mounted. */
  projects: '/var/lib/bastide/projects',
  /** Certificates with their keys, root only. */
  certificates: '/var/lib/bastide/certificates',
  edgeSocketDir: '/run/bastide/edge',
} as const;

/** The node's internal address: swarm, registry and published task ports bind to it and to nothing else. */
export const INTERNAL_ADDRESS = '10.200.0.1';
export const INTERNAL_SUBNET = '10.200.0.0/24';
export const REGISTRY_PORT = 5443;
