import { once } from 'node:events';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { BackupsDeps } from '../deps.ts';
import { sourceGone } from '../errors.ts';
import * as store from '../store.ts';
import type { Taken, Taking } from './take.ts';

export const PROJECT_FILE = 'project.json';

/**
 * What a project is besides its data: apps, releases, config vars as they are sealed, domains, databases, volumes.
 * Format bastide-project/1: `{format, takenAt, tables: {<table>: [rows]}}`, rows as PostgreSQL writes them in JSON.
 */
export async function takeProject(
  deps: BackupsDeps,
  projectId: string,
  { repository, tags, context }: Taking,
): Promise<Outcome<Taken>> {
  const takenAt = deps.now();
  const tables = await store.projectTables(deps.db, projectId);
  if (!tables) return sourceGone('project');
  const text = JSON.stringify({ format: 'bastide-project/1', takenAt, tables }, null, 1);
  const saved = await deps.restic.backupStream(repository, {
    name: PROJECT_FILE,
    tags,
    signal: context.signal,
    async write(stdin, signal) {
      if (!stdin.write(text)) await once(stdin, 'drain', { signal });
      return undefined;
    },
  });
  if (isRefusal(saved)) return saved;
  const rows = Object.fromEntries(Object.entries(tables).map(([name, all]) => [name, all.length]));
  return { saved, manifest: { format: 'bastide-project/1', rows }, wal: null, takenAt };
}
