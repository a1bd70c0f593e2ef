import { z } from 'zod';

/** The name of a stack: what `FROM bastide/<name>` says. */
export const StackName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/)
  .describe('Name of a stack')
  .meta({ example: 'node' });
export type StackName = z.infer<typeof StackName>;

/** `20261121-1a2b3c4d`: the day of the mirror's state and a hash of recipe and content. */
export const StackVersion = z
  .string()
  .regex(/^\d{8}-[0-9a-f]{12}$/)
  .describe('Version of a stack: the date of its packages and a hash of its content')
  .meta({ example: '20261121-0f3a9c5d2b71' });

const PackageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/);
const AbsolutePath = z.string().regex(/^(\/[A-Za-z0-9._@+-]+)+$/);
/** A path inside the image, `*` within one name, a last `**` for all that is below. */
const Pattern = z.string().regex(/^[A-Za-z0-9._*+-]+(\/[A-Za-z0-9._*+-]+)*$/);

const NpmPackage = z.strictObject({
  name: z.string().regex(/^(@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
  /** File or folder of the package -> place in the image; `.` is the whole package. */
  copy: z.record(z.string(), AbsolutePath),
  /** Folders of the package that stay out. */
  skip: z.array(z.string()).default([]),
});

/** A recipe: stacks/<name>/stack.yaml. Files below stacks/<name>/files go into the image as they are. */
export const Recipe = z.strictObject({
  name: StackName,
  description: z.string().min(10),
  suite: z.enum(['bookworm', 'trixie']),
  /** Apps move between versions of a stack without a rebuild as long as this stays the same. */
  abi: z.string().regex(/^[a-z][a-z0-9.-]+$/),
  user: z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
    uid: z.number().int().min(1).max(65_535),
    // It becomes the user's own directory, which /tmp must not.
    home: AbsolutePath.refine((path) => path !== '/tmp', '/tmp is nobody’s home'),
  }),
  packages: z.array(PackageName).min(1),
  npm: z.array(NpmPackage).default([]),
  drop: z.array(Pattern).default([]),
  links: z.record(AbsolutePath, z.string().min(1)).default({}),
  config: z.strictObject({
    env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
    workingDir: z.string().startsWith('/'),
    entrypoint: z.array(z.string()).default([]),
    cmd: z.array(z.string()).default([]),
    stopSignal: z.enum(['SIGTERM', 'SIGQUIT', 'SIGINT', 'SIGUSR1']),
  }),
});
export type Recipe = z.infer<typeof Recipe>;

/** What is known of a built stack; stack.json beside its files. */
export const StackRecord = z.object({
  name: StackName,
  version: StackVersion,
  description: z.string(),
  suite: z.string(),
  abi: z.string(),
  uid: z.number().int(),
  /** Hash of the recipe that it was built from: another recipe means that it has to be built again. */
  recipe: z.string(),
  manifestDigest: z.string(),
  diffIds: z.array(z.string()),
  packages: z.number().int(),
  builtAt: z.iso.datetime(),
  /** Date of the mirror's state. */
  mirrorAt: z.iso.datetime(),
  seconds: z.number(),
});
export type StackRecord = z.infer<typeof StackRecord>;

export const EnsureStack = z.strictObject({ name: StackName });

/** A version of a stack, as people see it. */
export const StackSummary = z.object({
  name: StackName,
  version: StackVersion,
  digest: z
    .string()
    .describe('Digest of its image manifest')
    .meta({ example: `sha256:${'0'.repeat(64)}` }),
  packages: z.number().int().describe('How many Debian packages it holds').meta({ example: 74 }),
  builtAt: z.iso.datetime().describe('When it was built').meta({ example: '2026-11-22T01:11:23.731Z' }),
});
export type StackSummary = z.infer<typeof StackSummary>;
