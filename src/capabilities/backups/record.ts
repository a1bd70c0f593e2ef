import { createHash } from 'node:crypto';
import type { BackupKind } from './model.ts';

/** What the platform's list says of one snapshot; exactly this is signed. */
export interface Recorded {
  readonly id: string;
  readonly repository: string;
  readonly kind: BackupKind;
  readonly sourceId: string | null;
  readonly sourceName: string;
  readonly snapshotId: string;
  readonly bytes: number;
  readonly takenAt: Date;
  readonly manifest: unknown;
}

/** With its keys in order, so that a manifest that went through the database is the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}

/** One line, the same for the same content. */
export const recordLine = (r: Recorded): string =>
  [
    'bastide-backup-1',
    r.id,
    r.repository,
    r.kind,
    r.sourceId ?? '-',
    JSON.stringify(r.sourceName),
    r.snapshotId,
    r.bytes,
    r.takenAt.toISOString(),
    createHash('sha256').update(canonical(r.manifest)).digest('hex'),
  ].join(' ');
