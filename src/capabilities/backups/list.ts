import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RecordSigner } from '../../adapters/signer/records.ts';
import { BackupKind, BackupReason } from './model.ts';
import { canonical, recordLine } from './record.ts';

/** A line of the platform's list, as it lies in the vault beside the snapshot that it is of. */
export const ListEntry = z.strictObject({
  id: z.uuid(),
  operationId: z.uuid().nullable(),
  kind: BackupKind,
  sourceId: z.uuid().nullable(),
  sourceName: z.string(),
  engine: z.enum(['postgres', 'mariadb', 'redis']).nullable(),
  reason: BackupReason,
  snapshotId: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int(),
  addedBytes: z.int().nullable(),
  manifest: z.unknown(),
  wal: z
    .strictObject({ segment: z.string(), last: z.string().optional(), incarnation: z.int().positive() })
    .nullable(),
  startedAt: z.iso.datetime(),
  takenAt: z.iso.datetime(),
  signature: z.string(),
});
export type ListEntry = z.infer<typeof ListEntry>;

const FORMAT = 'bastide-backup-list/1';
const List = z.strictObject({
  format: z.literal(FORMAT),
  repository: z.string(),
  entries: z.array(ListEntry).max(1000),
  signature: z.string(),
});

const signedText = (repository: string, entries: readonly ListEntry[]): string =>
  `${FORMAT} ${repository} ${createHash('sha256').update(canonical(entries)).digest('hex')}`;

/** The file that goes into the vault. */
export const renderList = (
  signer: Pick<RecordSigner, 'sign'>,
  repository: string,
  entries: readonly ListEntry[],
): string =>
  JSON.stringify({
    format: FORMAT,
    repository,
    entries,
    signature: signer.sign(signedText(repository, entries)),
  });

/** Its lines, if this platform wrote them, for this repository; undefined for anything else. */
export function parseList(
  signer: Pick<RecordSigner, 'verify'>,
  repository: string,
  text: string,
): readonly ListEntry[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const list = List.safeParse(json);
  if (!list.success || list.data.repository !== repository) return undefined;
  const { entries, signature } = list.data;
  if (!signer.verify(signedText(repository, entries), signature)) return undefined;
  const whole = entries.every((entry) =>
    signer.verify(recordLine({ ...entry, repository, takenAt: new Date(entry.takenAt) }), entry.signature),
  );
  return whole ? entries : undefined;
}
