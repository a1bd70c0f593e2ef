import type { z } from 'zod';
import type { Backup } from './model.ts';
import type { BackupRow } from './store.ts';

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

/** A line of the list, for people. */
export const backupView = (row: BackupRow): z.input<typeof Backup> => ({
  id: row.id,
  kind: row.kind,
  source: row.source_name,
  engine: row.engine,
  reason: row.reason,
  vault: row.vault,
  takenAt: row.taken_at.toISOString(),
  bytes: Number(row.bytes),
  addedBytes: row.added_bytes === null ? null : Number(row.added_bytes),
  verdict: row.verdict,
  message: row.verdict_message,
  verifiedAt: iso(row.checked_at),
  restoredAt: iso(row.restored_at),
  smoke: row.smoke,
});
