import type { Manifest } from '../../../adapters/databases/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { BackupsDeps } from '../deps.ts';
import type { DatabaseManifest } from '../model.ts';
import { progress } from './progress.ts';
import { runningDatabase } from './source.ts';
import type { Taken, Taking } from './take.ts';

/** Name of a dump's file in its snapshot. */
export const dumpFile = (engine: string): string => `dump.${engine}`;

/** A logical dump straight into the vault, with the manifest of the very same snapshot of the data. */
export async function takeDump(
  deps: BackupsDeps,
  databaseId: string,
  { repository, tags, context }: Taking,
): Promise<Outcome<Taken>> {
  const source = await runningDatabase(deps, databaseId);
  if (isRefusal(source)) return source;
  const { row, session } = source;
  const engine = deps.engines.get(row.engine)!;
  let seen: Manifest | undefined;
  const takenAt = deps.now();
  const saved = await deps.restic.backupStream(repository, {
    name: dumpFile(row.engine),
    tags,
    signal: context.signal,
    onProgress: progress(context.log, row.name),
    async write(stdin, signal) {
      const dumped = await engine.dump(session, stdin, signal);
      if (isRefusal(dumped)) return dumped;
      seen = dumped;
      return undefined;
    },
  });
  if (isRefusal(saved)) return saved;
  const manifest: DatabaseManifest = {
    engine: row.engine,
    version: row.version,
    plan: row.plan,
    schema: seen!.schema,
    tables: [...seen!.tables],
  };
  return { saved, manifest, wal: null, takenAt };
}
