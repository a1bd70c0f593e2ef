import { z } from 'zod';

/** Hours that a finished export is kept. */
export const KEEP_HOURS = 48;

export const exportTarget = (exportId: string): string => `export:${exportId}`;

export const ExportInput = z.strictObject({ exportId: z.uuid() });

export const ExportsStep = {
  /** Writes the archive of one export. */
  write: z.strictObject({ exportId: z.uuid() }),
  giveUp: z.strictObject({ exportId: z.uuid() }),
} as const;

/** An age recipient, to which config values are encrypted: whoever has its identity reads them, nobody else. */
export const Recipient = z
  .string()
  .regex(/^age1[02-9ac-hj-np-z]{58}$/)
  .meta({
    description: 'age recipient',
    example: 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
  });

export const Export = z.object({
  id: z.uuid(),
  status: z.enum(['pending', 'ready', 'failed', 'gone']),
  values: z
    .boolean()
    .meta({ description: 'Config values are in it, encrypted to the recipient that was given' }),
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  bytes: z.int().nullable(),
  sha256: z.string().nullable(),
  expiresAt: z.iso.datetime().nullable(),
});
export type Export = z.infer<typeof Export>;

/** What manifest.json of an export says; it is the archive's last file. */
export const ExportManifest = z.object({
  format: z.literal('bastide project export'),
  version: z.literal(1),
  project: z.string(),
  platform: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  files: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string(), format: z.string() })),
});
export type ExportManifest = z.infer<typeof ExportManifest>;
