import { createHash } from 'node:crypto';
import { Secret } from '../../kernel/secret.ts';
import type { ContainerSpec, Limits, NetworkSpec, ServiceFile, ServiceSpec, Tmpfs } from './port.ts';

const SECOND = 1_000_000_000;
/** Label that carries the hash of the spec a container was made from. */
export const SPEC_LABEL = 'bastide.spec';
const LOG = { max_size: '10m', max_file: '3' };
const TMPFS_MODE = 0o1777;
const FILE_MODE = 0o444;

export const renderEnv = (env: Readonly<Record<string, string | Secret>>): string[] =>
  Object.entries(env)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value instanceof Secret ? value.reveal() : value}`);

const logOptions = { 'max-size': LOG.max_size, 'max-file': LOG.max_file };
const nanoCpus = (limits: Limits): number => Math.round(limits.cpus * SECOND);

/** Project storage: the only place from which a service may get a directory. */
export const PROJECTS = '/var/lib/bastide/projects';
const PLAIN_PATH = /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/;

/** The first source of a mount that is not below the storage of the service's own project. */
export function foreignMount(spec: ServiceSpec, projects = PROJECTS): string | undefined {
  const project = spec.labels['bastide.project'] ?? '';
  const allowed = project === '' ? undefined : `${projects}/${project}/`;
  return (spec.mounts ?? []).find(
    ({ source, target }) =>
      !allowed || !source.startsWith(allowed) || !PLAIN_PATH.test(source) || !PLAIN_PATH.test(target),
  )?.source;
}

/** The engine's name of a file: what is in it decides, so that it is there once and never changes. */
export const fileName = ({ content }: ServiceFile): string =>
  `b-file-${createHash('sha256').update(content).digest('hex').slice(0, 24)}`;

/**
 * The engine's JSON for a service. All hardening is here and cannot be switched off: read-only root, no
 * capabilities (swarm's word in 1.41 is CapabilityDrop), init, limits, tmpfs noexec,nosuid,nodev (the engine's
 * own default for tmpfs mounts). No new privileges, seccomp and the user namespace are the daemon's settings.
 */
export const renderService = (spec: ServiceSpec, fileIds: Readonly<Record<string, string>> = {}) => ({
  Name: spec.name,
  Labels: { ...spec.labels },
  TaskTemplate: {
    ContainerSpec: {
      Image: spec.image,
      Labels: { ...spec.labels },
      ...(spec.entrypoint ? { Command: [...spec.entrypoint] } : {}),
      ...(spec.command ? { Args: [...spec.command] } : {}),
      Env: renderEnv(spec.env),
      User: spec.user,
      Init: true,
      ReadOnly: true,
      CapabilityDrop: ['ALL'],
      StopGracePeriod: spec.stopGraceSeconds * SECOND,
      ...(spec.stopSignal ? { StopSignal: spec.stopSignal } : {}),
      Mounts: [
        ...spec.tmpfs.map(({ path, sizeBytes }) => ({
          Type: 'tmpfs',
          Target: path,
          TmpfsOptions: { SizeBytes: sizeBytes, Mode: TMPFS_MODE },
        })),
        ...(spec.mounts ?? []).map(({ source, target, readOnly }) => ({
          Type: 'bind',
          Source: source,
          Target: target,
          ReadOnly: readOnly,
        })),
      ],
      ...(spec.files
        ? {
            Configs: spec.files.map((file) => ({
              ConfigID: fileIds[fileName(file)],
              ConfigName: fileName(file),
              File: { Name: file.path, UID: '0', GID: '0', Mode: FILE_MODE },
            })),
          }
        : {}),
    },
    ...(spec.node ? { Placement: { Constraints: [`node.id==${spec.node}`] } } : {}),
    Resources: {
      Limits: {
        NanoCPUs: nanoCpus(spec.limits),
        MemoryBytes: spec.limits.memoryBytes,
        Pids: spec.limits.pids,
      },
    },
    RestartPolicy:
      spec.restart === 'none'
        ? { Condition: 'none', MaxAttempts: 0 }
        : { Condition: 'any', Delay: 2 * SECOND, MaxAttempts: 0 },
    LogDriver: { Name: 'json-file', Options: logOptions },
    Networks: [{ Target: spec.network, ...(spec.aliases ? { Aliases: [...spec.aliases] } : {}) }],
    ForceUpdate: 0,
  },
  Mode: { Replicated: { Replicas: spec.replicas } },
  // Only a restart updates a service: every release is a service of its own.
  UpdateConfig: {
    Parallelism: 1,
    Delay: 0,
    FailureAction: 'pause',
    Monitor: 5 * SECOND,
    Order: spec.mounts?.length ? 'stop-first' : 'start-first',
  },
  EndpointSpec: {
    Mode: 'dnsrr',
    ...(spec.port === undefined
      ? {}
      : { Ports: [{ Protocol: 'tcp', TargetPort: spec.port, PublishMode: 'host' }] }),
  },
});

const tmpfsOptions = ({ sizeBytes }: Tmpfs): string =>
  `rw,noexec,nosuid,nodev,size=${sizeBytes},mode=${TMPFS_MODE.toString(8)}`;

/** The engine's JSON for a container of the platform itself. Hardened the same way. */
export const renderContainer = (spec: ContainerSpec, specHash: string) => ({
  Image: spec.image,
  Labels: { ...spec.labels, [SPEC_LABEL]: specHash },
  ...(spec.entrypoint ? { Entrypoint: [...spec.entrypoint] } : {}),
  ...(spec.command ? { Cmd: [...spec.command] } : {}),
  Env: renderEnv(spec.env),
  User: spec.user,
  StopTimeout: spec.stopGraceSeconds,
  ...(spec.stopSignal ? { StopSignal: spec.stopSignal } : {}),
  ExposedPorts: Object.fromEntries(spec.ports.map(({ container }) => [`${container}/tcp`, {}])),
  HostConfig: {
    Init: true,
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    NetworkMode: spec.network,
    // The engine refuses the host's network from inside another user namespace.
    ...(spec.network === 'host' ? { UsernsMode: 'host' } : {}),
    Memory: spec.limits.memoryBytes,
    MemorySwap: spec.limits.memoryBytes,
    NanoCpus: nanoCpus(spec.limits),
    PidsLimit: spec.limits.pids,
    Tmpfs: Object.fromEntries(spec.tmpfs.map((tmpfs) => [tmpfs.path, tmpfsOptions(tmpfs)])),
    Mounts: spec.mounts.map(({ source, target, readOnly }) => ({
      Type: 'bind',
      Source: source,
      Target: target,
      ReadOnly: readOnly,
    })),
    PortBindings: Object.fromEntries(
      spec.ports.map(({ address, host, container }) => [
        `${container}/tcp`,
        [{ HostIp: address, HostPort: String(host) }],
      ]),
    ),
    RestartPolicy: { Name: spec.restart === 'none' ? 'no' : 'unless-stopped' },
    LogConfig: { Type: 'json-file', Config: logOptions },
  },
});

/** Every bridge of ours has a name that the packet filter knows by its prefix. */
export const BRIDGE_PREFIX = 'bst-';
const BRIDGE_NAME = 'com.docker.network.bridge.name';
const bridgeName = (network: string): string =>
  BRIDGE_PREFIX + createHash('sha256').update(network).digest('hex').slice(0, 10);

export const renderNetwork = (spec: NetworkSpec) => ({
  Name: spec.name,
  CheckDuplicate: true,
  Driver: spec.driver,
  Internal: spec.internal,
  Attachable: false,
  EnableIPv6: false,
  Labels: { ...spec.labels },
  Options: {
    ...(spec.driver === 'bridge' ? { [BRIDGE_NAME]: bridgeName(spec.name) } : {}),
    ...spec.options,
  },
  ...(spec.subnet ? { IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet }] } } : {}),
});

export const renderSwarm = (options: {
  advertise: string;
  listen: string;
  pool: string;
  poolMask: number;
}) => ({
  ListenAddr: `${options.listen}:2377`,
  AdvertiseAddr: options.advertise,
  DataPathAddr: options.advertise,
  DefaultAddrPool: [options.pool],
  SubnetSize: options.poolMask,
  ForceNewCluster: false,
  Spec: { Orchestration: { TaskHistoryRetentionLimit: 10 } },
});

const sorted = (value: unknown): unknown => {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
};

/** sha256 of the spec and of the image's id, the same whatever the order of its fields. */
export const hashSpec = (spec: ContainerSpec, imageId: string): string =>
  createHash('sha256')
    .update(JSON.stringify([sorted(spec), imageId]))
    .digest('hex');
