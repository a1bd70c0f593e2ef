import { z } from 'zod';

/** Days between asking and erasing, in which it can be cancelled. */
export const GRACE_DAYS = { usual: 7, most: 90 } as const;

const projectId = z.uuid();
const erasureId = z.uuid();

export const EraseInput = z.strictObject({ erasureId });

/** Steps of erasure; the rest is done by the capabilities that own what is removed. */
export const ErasureStep = {
  /** Counts what is there, and keeps anything of the project from starting again. */
  begin: z.strictObject({ erasureId, projectId }),
  /** Services and containers, of apps and databases alike. */
  stopAll: z.strictObject({ projectId }),
  /** Images on this node. */
  removeImages: z.strictObject({ repositories: z.array(z.string()) }),
  /** Images in the registry, with every layer that nobody else has. */
  forgetRepository: z.strictObject({ repository: z.string() }),
  /** Source archives, unfinished builds, layer caches, exports. */
  removeFiles: z.strictObject({ projectId, erasureId }),
  eraseRows: z.strictObject({ erasureId }),
  /** The certificate; and a new root key, so that no copy of the project's key outlives the old one. */
  certify: z.strictObject({ erasureId }),
} as const;

/** What was there when erasing began: numbers and ids. */
export const Inventory = z.object({
  apps: z.array(z.string()),
  databases: z.array(z.string()),
  volumes: z.array(z.string()),
  builds: z.array(z.string()),
  uploads: z.array(z.string()),
  exports: z.array(z.string()),
  releases: z.int(),
  configVars: z.int(),
  backups: z.int(),
  /** Generations of the project's key. */
  keys: z.array(z.string()),
  /** Repositories in vaults whose keys go with the project's. */
  repositories: z.array(z.object({ name: z.string(), vault: z.string() })),
  /** Image repositories in the registry. */
  images: z.array(z.string()),
});
export type Inventory = z.infer<typeof Inventory>;

/** What an erasure knows when it looks. */
export interface ErasureFacts {
  readonly erasureId: string;
  readonly projectId: string;
  readonly status: 'waiting' | 'erasing' | 'done' | 'cancelled';
  readonly eraseAfter: number;
  readonly inventory: Inventory | null;
  readonly projectExists: boolean;
  readonly apps: readonly { id: string; deleted: boolean; hasSlot: boolean }[];
  /** Names of services and containers that run for the project. */
  readonly running: readonly string[];
  /** Image references on this node. */
  readonly localImages: number;
  readonly networkExists: boolean;
  readonly storageExists: boolean;
  /** Of the inventory's, those that the registry still has. */
  readonly registryRepositories: readonly string[];
  readonly filesLeft: number;
  readonly keyAlive: boolean;
  readonly edgeTold: boolean;
}

export const Erasure = z.object({
  project: z.string(),
  status: z.enum(['waiting', 'erasing', 'done', 'cancelled']),
  requestedBy: z.string(),
  reason: z.string().nullable(),
  requestedAt: z.iso.datetime(),
  eraseAfter: z.iso.datetime().meta({ description: 'Until then it can be cancelled' }),
  finishedAt: z.iso.datetime().nullable(),
  certificate: z.string().nullable().meta({ description: 'JSON text, exactly as it was signed' }),
  signature: z
    .string()
    .nullable()
    .meta({ description: 'Base64, ECDSA P-256 over the SHA-256 of the certificate' }),
  publicKey: z.string().nullable().meta({ description: 'PEM of the key that verifies the signature' }),
});
export type Erasure = z.infer<typeof Erasure>;
