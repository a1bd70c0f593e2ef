/**
 * Where the platform keeps its things. Constants: a lab host has mounts of its own at the same places.
 * State outlives a restart, run does not.
 */
export const paths = {
  /** Settings and secrets, root only. */
  config: '/etc/bastide',
  secrets: '/etc/bastide/secrets',
  /** Key of the platform's own storage, wrapped by the root key. */
  storageKey: '/etc/bastide/secrets/storage.key',
  settings: '/etc/bastide/bastide.json',
  /** The server's key of the network for staff, root only. */
  vpn: '/etc/bastide/vpn',
  /** Whether the operators' plane answers inside the VPN only, for the doctor. */
  vpnState: '/run/bastide/vpn.json',
  /** The authority for logins by SSH, root only. */
  ssh: '/etc/bastide/ssh',
  state: '/var/lib/bastide',
  /** Things that can be made again: stacks, downloaded packages. */
  cache: '/var/cache/bastide',
  run: '/run/bastide',
  log: '/var/log/bastide',
  /** How far the agent's bring-up is. */
  status: '/run/bastide/status.json',
  /** Checkpoints of the audit log, outside of the database that they are about. */
  auditWitness: '/var/lib/bastide/audit/checkpoints.jsonl',
  /** What the agent shows of itself to the syslog servers that ask for it: `<name>.crt` and `<name>.key`. */
  auditForward: '/etc/bastide/forward',
  /** Supervised programs where there is no systemd (runit). */
  services: '/var/lib/bastide/services',

  /** The platform's own state, encrypted: what follows is below it. */
  platform: '/var/lib/bastide/projects/system/data',
  engineRoot: '/var/lib/bastide/projects/system/data/engine',
  containerdRoot: '/var/lib/bastide/projects/system/data/containerd',
  engineSocket: '/run/bastide/engine.sock',
  postgresData: '/var/lib/bastide/projects/system/data/postgres',
  postgresConfig: '/var/lib/bastide/projects/system/data/postgres-config',
  postgresSocketDir: '/run/bastide/postgres',
  registryData: '/var/lib/bastide/projects/system/data/registry',
  registryConfig: '/var/lib/bastide/projects/system/data/registry-config',
  /** The API listens here; the edge is the only one that connects. */
  apiSocketDir: '/run/bastide/api',
  /** And here for who is inside; a directory of its own, because the gateway for SSH has the other one. */
  operatorsSocketDir: '/run/bastide/operators',
  /** Uploaded source archives, written by the API, read by the agent. */
  uploads: '/var/lib/bastide/projects/system/data/uploads',
  builds: '/var/lib/bastide/projects/system/data/builds',
  /** Finished exports of projects and downloads of backups, written by the agent, read by the API. */
  exports: '/var/lib/bastide/projects/system/data/exports',
  stacks: '/var/cache/bastide/stacks',
  edge: '/var/lib/bastide/projects/system/data/edge',
  /** Encrypted images: one per project and the platform's own. */
  storage: '/var/lib/bastide/storage',
  /** Where projects' images are mounted. */
  projects: '/var/lib/bastide/projects',
  /** Certificates with their keys, root only. */
  certificates: '/var/lib/bastide/projects/system/data/certificates',
  /** The prober's own: its key, and what it was given to start with. */
  proberState: '/var/lib/bastide/projects/system/data/prober',
  proberConfig: '/var/lib/bastide/projects/system/data/prober-config',
  edgeSocketDir: '/run/bastide/edge',
  /** What was typed and shown in sessions that are recorded, root only. */
  recordings: '/var/lib/bastide/projects/system/data/recordings',
} as const;

/** The node's internal address: swarm, registry and published task ports bind to it and to nothing else. */
export const INTERNAL_ADDRESS = '10.200.0.1';
export const INTERNAL_SUBNET = '10.200.0.0/24';
export const REGISTRY_PORT = 5443;
/** The network that staff come in by (WireGuard). Peers have the addresses from .2 on. */
export const VPN = {
  interface: 'bastide-vpn',
  address: '10.202.0.1',
  subnet: '10.202.0.0/24',
  port: 51_820,
} as const;
/** What comes in here is inside: by the edge, who came by the VPN; and root on this machine. */
export const operatorsSocket = '/run/bastide/operators/api.sock';
/** In the API's directory; the agent connects to it. */
export const SESSIONS_SOCKET = 'sessions.sock';
