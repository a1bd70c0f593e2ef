import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { baseBackup } from '../commands.ts';
import type { BackupsDeps } from '../deps.ts';
import { baseIncomplete } from '../errors.ts';
import { firstSegment } from '../parse.ts';
import { progress } from './progress.ts';
import { runningDatabase } from './source.ts';
import type { Taken, Taking } from './take.ts';

export const BASE_FILE = 'base.tar';
/** The label is the first file of the tar. */
const HEAD = 4096;

/** A physical copy of a PostgreSQL server, from which WAL leads to any later moment. */
export async function takeBase(
  deps: BackupsDeps,
  databaseId: string,
  { repository, tags, context }: Taking,
): Promise<Outcome<Taken>> {
  const source = await runningDatabase(deps, databaseId);
  if (isRefusal(source)) return source;
  const { row, session } = source;
  let head = Buffer.alloc(0);
  const copy = async (stdin: Writable, signal: AbortSignal): Promise<Outcome<void>> => {
    const through = new PassThrough();
    through.on('data', (chunk: Buffer) => {
      if (head.length < HEAD) head = Buffer.concat([head, chunk]);
    });
    const passed = pipeline(through, stdin, { end: false, signal });
    const done = await session.stream(baseBackup(), { stdout: through, signal });
    through.end();
    if (isRefusal(done) || done.code !== 0) {
      await passed.catch(() => undefined);
      return isRefusal(done) ? done : baseIncomplete(row.name, done.stderr.trim().slice(-500));
    }
    await passed;
    return firstSegment(head.toString('latin1')) ? undefined : baseIncomplete(row.name, 'it has no label');
  };
  const saved = await deps.restic.backupStream(repository, {
    name: BASE_FILE,
    tags,
    signal: context.signal,
    onProgress: progress(context.log, row.name),
    write: copy,
  });
  if (isRefusal(saved)) return saved;
  const segment = firstSegment(head.toString('latin1'))!;
  // It is consistent only from its end on.
  return {
    saved,
    manifest: { engine: row.engine, version: row.version },
    wal: { segment, incarnation: row.incarnation },
    takenAt: deps.now(),
  };
}
