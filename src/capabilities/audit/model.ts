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
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** What a list of the log can be narrowed to. Newest first; `before` goes on from the last one seen. */
export const AuditFilter = z.strictObject({
  actor: z.string().max(100).optional().meta({ description: 'Only what this account did' }),
  action: z.string().max(100).optional().meta({ description: 'Only this action' }),
  outcome: AuditOutcome.optional(),
  operation: z.uuid().optional().meta({ description: 'Only what belongs to this operation' }),
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
