import { z } from 'zod';
import { Backup } from './model.ts';

const Count = z.int().nullable();

/** What one backup has in it, by its own signed manifest. */
export const Part = z.object({
  name: z.string().meta({ description: 'A table, or what else it is made of', example: 'public.orders' }),
  rows: Count.meta({ description: 'Rows of a table, or of the records of a project' }),
});

/** Where a backup is. */
export const Copy = z.object({
  id: z.uuid(),
  vault: z.string(),
  repository: z.string().meta({ description: "A generation of the project's backups in that vault" }),
  snapshot: z.string().meta({ description: 'Id of the snapshot there' }),
  takenAt: z.iso.datetime(),
  bytes: z.int(),
  verdict: Backup.shape.verdict,
});

/** A time that it was looked at. */
export const Look = z.object({
  kind: z.enum(['structure', 'data', 'restore']),
  at: z.iso.datetime(),
  verdict: z.enum(['sound', 'broken', 'inconclusive']),
  message: z.string().nullable(),
  tables: Count,
  rows: Count,
  files: Count,
});

export const BackupDetail = Backup.extend({
  repository: z.string(),
  snapshot: z.string(),
  operationId: z.uuid().nullable(),
  startedAt: z.iso.datetime(),
  parts: z.array(Part),
  files: Count.meta({ description: 'Of a volume: how many files' }),
  /** Other copies of the same thing, of the same operation: one in each vault. */
  copies: z.array(Copy).meta({ description: 'The same backup in each vault' }),
  with: z
    .array(z.object({ id: z.uuid(), kind: Backup.shape.kind, vault: z.string() }))
    .meta({ description: 'What else was taken of the same source then' }),
  looks: z.array(Look).meta({ description: 'When it was checked, and restored and compared; newest first' }),
  wal: z
    .object({
      from: z.string().meta({ description: 'First segment of write-ahead log that it needs or has' }),
      last: z.string().nullable(),
      until: z.iso
        .datetime()
        .nullable()
        .meta({ description: 'Any moment from `takenAt` to this can be reached' }),
    })
    .nullable()
    .meta({ description: 'Of a physical copy or of write-ahead log' }),
  listed: z.boolean().meta({ description: 'Its signed line is in the vault beside it' }),
  adoptedAt: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When the platform, back from its last backup, took it over from the vault' }),
});
export type BackupDetail = z.infer<typeof BackupDetail>;

const Numbers = z.object({
  tables: z.int().nullable().catch(null),
  rows: z.int().nullable().catch(null),
  files: z.int().nullable().catch(null),
});

/** What a verification counted, where it counted. */
export const countsOf = (detail: unknown): z.infer<typeof Numbers> =>
  Numbers.catch({ tables: null, rows: null, files: null }).parse(detail);

const Tables = z.object({ tables: z.array(z.object({ name: z.string(), rows: z.number() })) });
const Records = z.object({ rows: z.record(z.string(), z.number()) });

/** The parts that a manifest names. */
export function partsOf(manifest: unknown): z.infer<typeof Part>[] {
  const tables = Tables.safeParse(manifest);
  if (tables.success) return tables.data.tables.map(({ name, rows }) => ({ name, rows }));
  const records = Records.safeParse(manifest);
  return records.success ? Object.entries(records.data.rows).map(([name, rows]) => ({ name, rows })) : [];
}
