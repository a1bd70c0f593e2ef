import { z } from 'zod';

export const AuditOutcome = z.enum(['allowed', 'denied', 'started', 'done', 'failed']);

/** One line of the record of who did what, when and why. */
export const AuditEntry = z.object({
  seq: z.int(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string().meta({ description: 'A permission, or capability.step', example: 'apps:deploy' }),
  target: z.string().meta({ example: 'app:shop' }),
  outcome: AuditOutcome,
  reason: z.string().nullable(),
  sourceAddress: z.string().nullable(),
  requestId: z.string().nullable(),
  operationId: z.uuid().nullable(),
  detail: z.record(z.string(), z.unknown()),
  index: z
    .int()
    .nullable()
    .meta({ description: 'Place in the sealed log, from 0; null for the seconds until it is sealed' }),
  erased: z.boolean().meta({ description: 'Whether what is personal in it was erased' }),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** What a list of the log can be narrowed to. Newest first; `before` goes on from the last one seen. */
export const AuditFilter = z.strictObject({
  actor: z.string().max(100).optional().meta({ description: 'Only what this account did' }),
  action: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Only this action, or all that begin so: `apps:*`', example: 'apps:*' }),
  outcome: AuditOutcome.optional(),
  address: z.string().max(45).optional().meta({ description: 'Only what came from this address' }),
  words: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Only entries whose target or reason has these words' }),
  operation: z.uuid().optional().meta({ description: 'Only what belongs to this operation' }),
  request: z.string().max(100).optional().meta({ description: 'Only what belongs to this request' }),
  target: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Only what was done to this', example: 'vault:home' }),
  app: z.string().max(63).optional().meta({ description: 'Only what was done to the app of this name' }),
  project: z
    .string()
    .max(63)
    .optional()
    .meta({ description: 'Only what was done in the project of this name' }),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Only from this time on' }),
  until: z.iso.datetime({ offset: true }).optional().meta({ description: 'Only before this time' }),
  before: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .meta({ description: 'Only entries older than this seq' }),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export type AuditFilter = z.infer<typeof AuditFilter>;

/** Something that a person has to know of: open until it is well again. */
export const AlertView = z.object({
  id: z.uuid(),
  severity: z.enum(['warning', 'critical']),
  code: z.string().meta({ description: 'Stable code', example: 'backup_overdue' }),
  subject: z.string().meta({ description: 'What it is about', example: 'database:orders' }),
  message: z.string(),
  next: z.string().meta({ description: 'What to do now' }),
  firstAt: z.iso.datetime(),
  lastAt: z.iso.datetime(),
  times: z.int().meta({ description: 'How often it was seen' }),
  acknowledgedBy: z.string().nullable(),
  resolvedAt: z.iso.datetime().nullable(),
});
export type AlertView = z.infer<typeof AlertView>;

/** Open ones only, unless told. */
export const AlertFilter = z.strictObject({
  all: z.enum(['true', 'false']).default('false').meta({ description: 'Resolved ones too' }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** A line of an export: a leaf of the log, its entry, and the proof that it is in the tree of the checkpoint. */
export const ExportLine = z.object({
  index: z.int(),
  seq: z.int(),
  leaf: z.string().meta({ description: 'RFC 6962 leaf hash, hexadecimal' }),
  previous: z.string().meta({ description: 'Hash of the leaf before, hexadecimal' }),
  sealedAt: z.iso.datetime(),
  committed: z.record(z.string(), z.string()).meta({ description: 'HMACs of the personal fields' }),
  entry: z
    .object({
      seq: z.int(),
      at: z.string(),
      actor: z.string(),
      action: z.string(),
      target: z.string(),
      organizationId: z.string().nullable(),
      outcome: z.string(),
      reason: z.string().nullable(),
      sourceAddress: z.string().nullable(),
      requestId: z.string().nullable(),
      operationId: z.string().nullable(),
      detail: z.unknown(),
      salt: z.string().nullable().meta({ description: 'Key of the HMACs; null once erased' }),
      erasedBy: z.int().nullable(),
    })
    .nullable()
    .meta({ description: 'null where the entry is gone' }),
  proof: z
    .array(z.string())
    .optional()
    .meta({ description: 'Inclusion proof, base64; in a part of the log' }),
});
export type ExportLine = z.infer<typeof ExportLine>;

export const ExportPage = z.object({
  origin: z.string(),
  key: z.string().meta({ description: "The log's key, as signed notes write it" }),
  size: z.int(),
  checkpoint: z.string().meta({ description: 'C2SP signed note over that many entries' }),
  retired: z
    .string()
    .nullable()
    .default(null)
    .meta({ description: 'Signed statement of what the retention policy has removed' }),
  lines: z.array(ExportLine),
  next: z.int().nullable().meta({ description: 'Where to go on; null at the end' }),
});
export type ExportPage = z.infer<typeof ExportPage>;

export const ExportQuery = z.strictObject({
  from: z.coerce.number().int().min(0).default(0).meta({ description: 'First place' }),
  size: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .meta({ description: 'Of the checkpoint to prove against; the newest unless told' }),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
});

export const CheckpointPage = z.object({
  checkpoints: z.array(z.object({ size: z.int(), note: z.string() })),
});

/** How the log is kept, and by whom else. */
export const LogStatus = z.object({
  origin: z.string().nullable(),
  key: z.string().nullable(),
  size: z.int(),
  unsealed: z.int(),
  checkpoint: z.string().nullable(),
  outlets: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['witness', 'syslog']),
      position: z.int(),
      reachedAt: z.iso.datetime().nullable(),
      failingSince: z.iso.datetime().nullable(),
      failure: z.string().nullable(),
    }),
  ),
  checkedAt: z.iso.datetime().nullable(),
  faults: z.int().nullable().meta({ description: 'Of the last check; null before the first' }),
});

export type LogStatus = z.infer<typeof LogStatus>;

export const FaultView = z.object({
  kind: z.string().meta({ example: 'altered' }),
  index: z.int().nullable(),
  seq: z.int().nullable(),
  at: z.string().nullable(),
  what: z.string(),
});
export const VerdictView = z.object({
  entries: z.int(),
  root: z.string(),
  checkpoints: z.int(),
  erased: z.int(),
  retired: z.int().default(0).meta({ description: 'Entries that the retention policy removed' }),
  retiredBefore: z.string().nullable().default(null),
  faults: z.array(FaultView),
  moreFaults: z.int(),
});
export type VerdictView = z.infer<typeof VerdictView>;

export const EraseInput = z.strictObject({
  account: z.string().min(1).max(200).meta({ description: 'Name of the account', example: 'ann' }),
});
