import { z } from 'zod';

/** Nothing younger is ever removed; the database refuses it, too (0058_audit_policy.sql). */
export const FLOOR_DAYS = 180;

export const RetentionDays = z
  .int()
  .min(FLOOR_DAYS)
  .max(36_500)
  .meta({ description: `Days that an entry is kept; at least ${FLOOR_DAYS}`, example: 365 });

export const RetentionInput = z.strictObject({
  days: RetentionDays.nullable().meta({ description: 'null: everything is kept for ever' }),
});

export const RetentionQuery = z.strictObject({
  days: z.coerce
    .number()
    .int()
    .min(FLOOR_DAYS)
    .max(36_500)
    .optional()
    .meta({ description: 'What would be removed if it were so many days; the policy’s own unless told' }),
});

/** How long entries are kept, and what that means now. */
export const RetentionView = z.object({
  days: z.int().nullable().meta({ description: 'null: everything is kept for ever' }),
  floorDays: z.int(),
  setBy: z.string().nullable(),
  setAt: z.iso.datetime().nullable(),
  retired: z.int().meta({ description: 'Entries that the policy has removed so far' }),
  retiredAt: z.iso.datetime().nullable(),
  due: z
    .object({
      days: z.int(),
      before: z.iso.datetime(),
      entries: z.int().meta({ description: 'Entries that are old enough to go' }),
      heldBy: z.string().nullable().meta({ description: 'A syslog server that has not got them yet' }),
    })
    .nullable(),
});
export type RetentionView = z.infer<typeof RetentionView>;
