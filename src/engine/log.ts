import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';

const LINE_LIMIT = 4096;
const LINES_LIMIT = 20_000;

/** Keeps the lines of one operation, in order, written in batches; beyond 20,000 lines the rest is counted only. */
export function operationLog(db: Kysely<Database>, operationId: string) {
  let pending: { source: string; line: string }[] = [];
  let writing: Promise<void> = Promise.resolve();
  let scheduled = false;
  let lines = 0;

  const flush = (): Promise<void> => {
    scheduled = false;
    const batch = pending;
    pending = [];
    if (batch.length === 0) return writing;
    writing = writing
      .then(() =>
        db
          .insertInto('operation_log')
          .values(batch.map((entry) => ({ operation_id: operationId, ...entry })))
          .execute(),
      )
      .then(() => undefined)
      .catch(() => undefined);
    return writing;
  };

  return {
    log(line: string, source = 'bastide'): void {
      lines += 1;
      if (lines > LINES_LIMIT) return;
      const text = lines === LINES_LIMIT ? '… the log is cut here: too many lines' : line;
      // PostgreSQL's text holds no NUL.
      pending.push({ source, line: text.replaceAll('\u0000', '').slice(0, LINE_LIMIT) });
      if (!scheduled) {
        scheduled = true;
        setTimeout(() => void flush(), 100);
      }
    },
    flush,
  };
}
