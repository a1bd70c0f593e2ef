import { z } from 'zod';

/** Days after which a key is replaced, unless the settings say otherwise. */
export const ROTATION_DAYS = 90;

/** How long an old generation is kept once nothing is sealed to it: what was read just before still opens. */
export const KEEP_OLD_MS = 10 * 60_000;

/**
 * How long an old root key is kept: the platform's own backups hold wrapped keys, and until a newer one was made the
 * old root key is what opens the newest there is.
 */
export const KEEP_OLD_ROOT_MS = 7 * 86_400_000;

export const Reason = z
  .string()
  .min(1)
  .max(500)
  .meta({ description: 'What happened, for the record', example: 'laptop with a copy was stolen' });

const projectId = z.uuid();

/** Input of `keys.create-project`. */
export const CreateProjectKey = z.strictObject({ projectId });

/** Inputs of the operations on keys. */
export const KeysInput = {
  createProject: CreateProjectKey,
  /** A new generation; everything is sealed to it anew. */
  rotate: z.strictObject({ projectId }),
  /** Somebody else may have this generation's private half. */
  retire: z.strictObject({ projectId, generation: z.int().positive().nullable(), reason: Reason }),
  /** What a rotation left to do: values still sealed to an old generation, old generations to destroy. */
  tidy: z.strictObject({ projectId }),
  rotateRoot: z.strictObject({}),
  retireRoot: z.strictObject({ rootKeyId: z.string().nullable(), reason: Reason }),
  tidyRoot: z.strictObject({}),
} as const;

/** Steps of keys. `destroyProjectKey` is what erasure emits: nothing of the project opens again, backups included. */
export const KeysStep = {
  createProjectKey: CreateProjectKey,
  newGeneration: z.strictObject({ projectId }),
  markCompromised: z.strictObject({ projectId, generation: z.int(), reason: Reason }),
  reseal: z.strictObject({ projectId, table: z.string(), column: z.string() }),
  destroyGeneration: z.strictObject({ projectId, generation: z.int() }),
  destroyProjectKey: z.strictObject({ projectId }),
  /** `add`: make one; else only write down which ones are here. */
  newRoot: z.strictObject({ add: z.boolean() }),
  rewrap: z.strictObject({}),
  markRootCompromised: z.strictObject({ rootKeyId: z.string(), reason: Reason }),
  destroyRoot: z.strictObject({ rootKeyId: z.string() }),
  followUp: z.strictObject({ projectId }),
} as const;

/** Operations on one project's key never run at the same time, nor do those on the root key. */
export const projectKeyTarget = (id: string): string => `project-key:${id}`;
export const ROOT_KEY_TARGET = 'root-key';

/** What is known of a project's key when it is made. */
export interface KeyFacts {
  readonly projectExists: boolean;
  readonly keyExists: boolean;
  readonly recipientSet: boolean;
}

export interface Generation {
  readonly generation: number;
  readonly keyId: string;
  readonly rootKeyId: string;
  readonly createdAt: number;
  readonly supersededAt: number | null;
  readonly compromised: boolean;
  readonly destroyed: boolean;
  readonly operationId: string | null;
}

/** Values of one column that are not sealed to the current generation. */
export interface Stale {
  readonly table: string;
  readonly column: string;
  readonly what: string;
  readonly count: number;
}

export interface RotationFacts {
  readonly projectExists: boolean;
  /** Newest first. */
  readonly generations: readonly Generation[];
  readonly stale: readonly Stale[];
  /** Old generations that something is still sealed to. */
  readonly inUse: readonly number[];
  /** Values that no generation opens. */
  readonly broken: number;
  /** The step `followUp` of this operation was done. */
  readonly followedUp: boolean;
}

export interface RootFacts {
  /** Given from outside: the platform cannot add or destroy one. */
  readonly given: boolean;
  /** Ids of the keys that are here, oldest first. */
  readonly ids: readonly string[];
  readonly recorded: readonly {
    readonly id: string;
    readonly supersededAt: number | null;
    readonly compromised: boolean;
    readonly destroyed: boolean;
    readonly operationId: string | null;
  }[];
  /** Keys and secrets that another than the current root key wraps. */
  readonly toRewrap: number;
  /** Root keys that something still needs: what they wrap, and repositories whose key follows from them. */
  readonly inUse: readonly string[];
}

/** A generation as people see it. */
export const KeyGeneration = z.object({
  generation: z.int().meta({ description: 'Counts up with each rotation' }),
  state: z.enum(['current', 'old', 'compromised', 'destroyed']),
  rootKeyId: z.string().meta({ description: 'The root key that wraps it' }),
  createdAt: z.iso.datetime(),
  supersededAt: z.iso.datetime().nullable(),
  destroyedAt: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
});
export type KeyGeneration = z.infer<typeof KeyGeneration>;

export const RootKey = z.object({
  id: z.string(),
  state: z.enum(['current', 'old', 'compromised', 'destroyed']),
  createdAt: z.iso.datetime(),
  supersededAt: z.iso.datetime().nullable(),
  destroyedAt: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
  projectKeys: z.int().meta({ description: 'Generations of project keys that it wraps' }),
});
