import { z } from 'zod';

const Name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/)
  .meta({ description: 'Its name in alerts', example: 'elsewhere' });
const AbsolutePath = z.string().regex(/^\/[^\0]+$/, 'an absolute path');
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/;

/** A second place for checkpoints: a file, best on a mount from elsewhere; or a witness that speaks C2SP tlog-witness. */
const Witness = z.union([
  z.strictObject({ name: Name, file: AbsolutePath }),
  z.strictObject({
    name: Name,
    url: z
      .url({ protocol: /^https?$/ })
      .refine((url) => url.startsWith('https:') || LOOPBACK.test(url), 'https, except to this machine'),
    caFile: AbsolutePath.optional().meta({
      description: 'Its authority, where it is none of the public ones',
    }),
  }),
]);

export const AuditSettings = z.strictObject({
  witnesses: z.array(Witness).max(10).default([]),
});
export type AuditSettings = z.infer<typeof AuditSettings>;
