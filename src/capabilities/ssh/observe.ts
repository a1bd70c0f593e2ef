import type { SshDeps } from './deps.ts';
import type { EntryFacts, LiveEntry } from './plan.ts';
import * as store from './store/agent.ts';

export async function observeEntry(
  deps: Pick<SshDeps, 'db' | 'gateway'>,
  id: string,
): Promise<EntryFacts | undefined> {
  const row = await store.findEntry(deps.db, id);
  return (
    row && {
      id,
      until: row.until.getTime(),
      opened: row.opened_at !== null,
      endRequested: row.end_requested_at !== null,
      closed: row.closed_at !== null,
      prepared: deps.gateway.prepared(),
    }
  );
}

export const observeLive = async ({ db }: Pick<SshDeps, 'db'>): Promise<readonly LiveEntry[]> =>
  (await store.liveEntries(db)).map((row) => ({
    id: row.id,
    projectId: row.project_id,
    sources: row.sources,
    until: row.until.getTime(),
    endRequested: row.end_requested_at !== null,
    suspended: row.suspended_at !== null,
  }));

export async function observeCertificate({ db }: Pick<SshDeps, 'db'>, id: string) {
  const row = await store.findCertificate(db, id);
  return row && { id, signed: row.certificate !== null, row };
}
