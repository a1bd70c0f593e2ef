import { join, normalize } from 'node:path';
import { z } from 'zod';
import { paths } from '../../main/paths.ts';

export const GIB = 1024 ** 3;
/** A project's storage until somebody asks for more. The image is sparse: it takes what is in it. */
export const DEFAULT_STORAGE_BYTES = 10 * GIB;
export const MAX_STORAGE_GIB = 16_384;

/** The first of the users that containers' users are mapped to (nodes' REMAP_BASE). */
const FIRST_SUBUID = 100_000;

/** A path below a project's encrypted directory: plain names, never out of it. */
export const StoragePath = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/, 'a path of plain lower-case names')
  .max(500);

/** Steps that other capabilities' plans may emit. All are idempotent. */
export const VolumesStep = {
  /** The project's image is there, mounted and unlocked. */
  ensureStorage: z.object({ projectId: z.uuid() }),
  /**
   * A directory of the container user `uid`, 0700, below the project's storage, which must be ready
   * (`storage_not_ready`). What leads there is root's and can be walked through.
   */
  ensureDirectory: z.object({
    projectId: z.uuid(),
    path: StoragePath,
    uid: z.int().min(1).max(65_535),
  }),
  /** With everything in it; what is gone is fine. */
  removeDirectory: z.object({ projectId: z.uuid(), path: StoragePath }),
  volumeReady: z.object({ volumeId: z.uuid() }),
  forgetVolume: z.object({ volumeId: z.uuid() }),
  /** Of a project that is suspended or comes back: one of its services. */
  scaleService: z.object({ service: z.string(), replicas: z.int().min(0) }),
  /** Every task of the project has ended. */
  awaitStopped: z.object({ projectId: z.uuid() }),
  /** Key out of the kernel, image unmounted; refuses `storage_busy` while anything uses it. */
  lockStorage: z.object({ projectId: z.uuid() }),
  resizeStorage: z.object({ projectId: z.uuid() }),
  /** To another key: make it; copy and compare; change over; or give it up. The old image is whole until the change. */
  rekeyPrepare: z.object({ projectId: z.uuid() }),
  rekeyCopy: z.object({ projectId: z.uuid() }),
  rekeySwitch: z.object({ projectId: z.uuid() }),
  rekeyAbandon: z.object({ projectId: z.uuid() }),
  /** Image and key, for ever. */
  destroyStorage: z.object({ projectId: z.uuid() }),
} as const;

/** File and mount point of a project's storage. */
export const storagePlace = (projectId: string) => ({
  image: join(paths.storage, `${projectId}.img`),
  mount: join(paths.projects, projectId),
});

/** Where it is while everything in it goes over to another key: the old image read, and the new one written. */
export const rekeyPlaces = (projectId: string) => {
  const { image, mount } = storagePlace(projectId);
  return {
    from: { image, mount: `${mount}.old` },
    to: { image: `${image}.next`, mount: `${mount}.next` },
  };
};

/** Where `path` of a project's encrypted storage is on the host. */
export const storagePath = (projectId: string, path: string): string => {
  const base = join(storagePlace(projectId).mount, 'data');
  const whole = normalize(join(base, path));
  if (whole !== base && !whole.startsWith(`${base}/`)) throw new Error(`${path} leads out of the storage`);
  return whole;
};

export const volumeDirectory = (volumeId: string): string => `volumes/${volumeId}`;

/** On the host a container's user has this number. */
export const hostUserOf = (uid: number): number => FIRST_SUBUID + uid;

/** Name that the storage key is sealed with, beside the project's id. */
export const STORAGE_KEY = 'storage';

export const VolumeName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/,
    'a name is 2 to 40 lower-case letters, digits and dashes; it begins with a letter',
  )
  .meta({ description: 'Name of a volume, unique in its project', example: 'uploads' });

/** Where a volume appears in an app's processes. */
export const MountPath = z
  .string()
  .max(200)
  .regex(/^(\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/, 'an absolute path of plain names')
  .refine(
    (path) => !/^\/(bin|boot|dev|etc|lib(32|64)?|proc|run|sbin|sys|tmp|usr)(\/|$)/.test(path),
    'a volume cannot cover a directory of the system',
  )
  .refine((path) => path !== '/app', 'a volume cannot cover the code of the app; choose a directory in it')
  .meta({ description: 'Where the processes see the volume', example: '/data/uploads' });

/** Inputs of the operations on storage. */
export const VolumesInput = {
  volume: z.strictObject({ projectId: z.uuid(), volumeId: z.uuid() }),
  project: z.strictObject({ projectId: z.uuid() }),
} as const;

/** Operations on one project's storage never run at the same time. */
export const storageTarget = (projectId: string): string => `storage:${projectId}`;

/** The user that apps' processes are inside their containers. */
export const APP_UID = 10_001;

export const VolumeMount = z.object({ app: z.string(), path: MountPath });

export const Volume = z.object({
  id: z.uuid(),
  name: VolumeName,
  project: z.string(),
  state: z.enum(['pending', 'ready', 'locked']),
  mounts: z.array(VolumeMount),
  createdAt: z.iso.datetime(),
});
export type Volume = z.infer<typeof Volume>;

export const Storage = z.object({
  project: z.string(),
  sizeBytes: z.int().meta({ description: 'The hard limit of everything that the project stores' }),
  usedBytes: z.int().nullable(),
  encryption: z.string().meta({ example: 'fscrypt v2, AES-256-XTS' }),
  state: z.enum(['none', 'ready', 'locked']).meta({ description: 'none: nothing was stored yet' }),
  suspended: z.boolean().meta({ description: 'The project was told to stand still' }),
});
export type Storage = z.infer<typeof Storage>;
