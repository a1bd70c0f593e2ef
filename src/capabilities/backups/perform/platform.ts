import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { BackupsDeps } from '../deps.ts';
import { progress } from './progress.ts';
import type { Taken, Taking } from './take.ts';

export const PLATFORM_FILE = 'platform.pgdump';

/** The control plane's own database: everything that is wanted, known and sealed, of all projects. */
export async function takePlatform(
  deps: BackupsDeps,
  { repository, tags, context }: Taking,
): Promise<Outcome<Taken>> {
  const takenAt = deps.now();
  const saved = await deps.restic.backupStream(repository, {
    name: PLATFORM_FILE,
    tags,
    signal: context.signal,
    onProgress: progress(context.log, 'platform'),
    write: (stdin, signal) => deps.platform.dump(stdin, signal),
  });
  if (isRefusal(saved)) return saved;
  return { saved, manifest: { format: 'bastide-platform/1' }, wal: null, takenAt };
}

/** The images that apps run from. They are content-addressed: what is written while it is read is only more. */
export async function takeRegistry(
  deps: BackupsDeps,
  { repository, parent, tags, context }: Taking,
): Promise<Outcome<Taken>> {
  const takenAt = deps.now();
  const saved = await deps.restic.backupPaths(repository, {
    paths: deps.platform.files,
    seeing: deps.platform.files,
    tags,
    ...(parent ? { parent } : {}),
    signal: context.signal,
    onProgress: progress(context.log, 'registry'),
  });
  if (isRefusal(saved)) return saved;
  return {
    saved,
    manifest: { format: 'bastide-registry/1', paths: deps.platform.files },
    wal: null,
    takenAt,
  };
}
