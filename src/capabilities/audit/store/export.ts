import type { Outcome } from '../../../kernel/refusal.ts';
import { nothingSealed } from '../errors.ts';
import type { ExportLine, ExportPage, LogStatus } from '../model.ts';
import type { Line } from '../verify.ts';
import { type Db, lastCheckpoint, sizeOf } from './leaves.ts';
import { lines, ownLines } from './lines.ts';
import { inclusionProofs } from './proofs.ts';
import { statements } from './retention.ts';

export const keyOf = async (db: Db): Promise<string | undefined> =>
  (await db.selectFrom('audit_keys').select('key').orderBy('since', 'desc').limit(1).executeTakeFirst())?.key;

async function checkpointOf(db: Db, size: number | undefined) {
  if (size === undefined) return lastCheckpoint(db);
  const row = await db
    .selectFrom('audit_checkpoints')
    .select(['size', 'note'])
    .where('size', '=', size)
    .executeTakeFirst();
  return row && { size: Number(row.size), note: row.note };
}

/** A leaf with its entry, as exports and servers get it. */
export const lineOf = (line: Line): ExportLine => ({
  index: line.index,
  seq: line.seq,
  leaf: line.hashes[0] ?? '',
  previous: line.previous,
  sealedAt: line.sealedAt,
  committed: line.committed,
  entry: line.entry,
});

/**
 * A page of an export, against one checkpoint. `whole`: every leaf, from which the tree can be made anew; else the
 * tenant's own, each with its proof. Refuses `audit_nothing_sealed`.
 */
export async function exportPage(
  db: Db,
  asked: {
    readonly from: number;
    readonly size?: number | undefined;
    readonly limit: number;
    readonly whole: boolean;
  },
): Promise<Outcome<ExportPage>> {
  const checkpoint = await checkpointOf(db, asked.size);
  const key = await keyOf(db);
  if (!checkpoint || key === undefined) return nothingSealed();
  const found = await (asked.whole ? lines : ownLines)(db, asked.from, asked.limit);
  const within = found.filter(({ index }) => index < checkpoint.size);
  const proofs = asked.whole
    ? []
    : await inclusionProofs(
        db,
        within.map(({ index }) => index),
        checkpoint.size,
      );
  const last = within.at(-1);
  return {
    origin: checkpoint.note.slice(0, checkpoint.note.indexOf('\n')),
    key,
    size: checkpoint.size,
    checkpoint: checkpoint.note,
    retired: asked.whole ? ((await statements(db, 1))[0] ?? null) : null,
    lines: within.map((line, i) => ({
      ...lineOf(line),
      ...(asked.whole ? {} : { proof: proofs[i]!.map((hash) => hash.toString('base64')) }),
    })),
    next: last && found.length === asked.limit && within.length === found.length ? last.index + 1 : null,
  };
}

/** How the log is kept, sealed and witnessed. */
export async function logStatus(db: Db): Promise<LogStatus> {
  const [key, checkpoint, size] = await Promise.all([keyOf(db), lastCheckpoint(db), sizeOf(db)]);
  const { waiting } = await db
    .selectFrom('audit_unsealed')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .executeTakeFirstOrThrow();
  const check = await db
    .selectFrom('audit_checks')
    .select(['at', 'verdict'])
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const outlets = await db
    .selectFrom('audit_outlets')
    .selectAll()
    .orderBy('kind', 'desc')
    .orderBy('name')
    .execute();
  const verdict = check?.verdict as { faults: unknown[]; moreFaults: number } | undefined;
  return {
    origin: checkpoint?.note.slice(0, checkpoint.note.indexOf('\n')) ?? null,
    key: key ?? null,
    size,
    unsealed: Number(waiting),
    checkpoint: checkpoint?.note ?? null,
    outlets: outlets.map((row) => ({
      name: row.name,
      kind: row.kind,
      position: Number(row.position),
      reachedAt: row.reached_at?.toISOString() ?? null,
      failingSince: row.failing_since?.toISOString() ?? null,
      failure: row.failure,
    })),
    checkedAt: check?.at.toISOString() ?? null,
    faults: verdict ? verdict.faults.length + verdict.moreFaults : null,
  };
}
