import type { z } from 'zod';
import { path } from '../../../cli/client.ts';
import type { CommandRow } from '../../../cli/command.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { BackupDetail, type Look } from '../detail.ts';

const MOST = 30;

/** What a look came to: `restored and compared: sound, 3 tables, 5000 rows`. */
export function lookWords(look: z.infer<typeof Look>): string {
  const what = { structure: 'structure checked', data: 'data read', restore: 'restored and compared' };
  const counts = [
    look.tables === null ? undefined : `${look.tables} tables`,
    look.rows === null ? undefined : `${look.rows} rows`,
    look.files === null ? undefined : `${look.files} files`,
  ].filter((one) => one !== undefined);
  return `${what[look.kind]}: ${[look.verdict, ...counts].join(', ')}${look.message ? `; ${look.message}` : ''}`;
}

export const show: CommandRow = {
  name: 'backups:show',
  summary: 'One backup: what is in it, in which vaults it is, and what came of it when it was restored',
  args: [
    { name: 'project', description: 'the project' },
    { name: 'backup', description: 'id of the backup' },
  ],
  examples: ['bastide backups:show shop 019a0000-0000-7000-8000-000000000000'],
  uses: ['showBackup'],
  async run(io, input) {
    const at = path`/v1/projects/${input.args.project!}/backups/${input.args.backup!}`;
    const b = await io.api.get(at, BackupDetail);
    if (isRefusal(b)) return b;
    io.print.record(b, {
      source: `${b.source} (${b.engine ?? b.kind})`,
      kind: `${b.kind}, ${b.reason}`,
      taken: b.takenAt,
      size: `${b.bytes} bytes${b.addedBytes === null ? '' : `, ${b.addedBytes} new`}`,
      snapshot: b.snapshot,
      repository: `${b.repository} in ${b.vault}`,
      verdict: b.message ?? b.verdict,
      verified: b.verifiedAt,
      restored: b.restoredAt,
      smoke: b.smoke,
      files: b.files,
      'write-ahead log': b.wal && `from ${b.wal.from}${b.wal.last ? ` to ${b.wal.last}` : ''}`,
      'any moment until': b.wal?.until ?? null,
      'signed line': b.listed ? 'in the vault' : 'not in the vault yet',
      'taken over': b.adoptedAt,
    });
    for (const copy of b.copies)
      io.print.line(`copy  ${copy.vault}  ${copy.verdict}  ${copy.bytes} bytes  ${copy.id}`);
    for (const one of b.with) io.print.line(`with  ${one.kind}  ${one.vault}  ${one.id}`);
    for (const { name, rows } of b.parts.slice(0, MOST))
      io.print.line(`part  ${name}${rows === null ? '' : `  ${rows} rows`}`);
    if (b.parts.length > MOST) io.print.line(`part  and ${b.parts.length - MOST} more: --json has them all`);
    for (const look of b.looks)
      io.print.line(`${look.at.slice(0, 16).replace('T', ' ')}  ${lookWords(look)}`);
    return undefined;
  },
};
