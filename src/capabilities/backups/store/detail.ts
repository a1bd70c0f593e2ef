import type { Db } from './repositories.ts';

/** What was taken by the same operation of the same source, in every vault, this one with it. */
export const takenWith = (db: Db, of: { operationId: string; sourceId: string | null }) =>
  db
    .selectFrom('backups as b')
    .innerJoin('repositories as r', 'r.id', 'b.repository_id')
    .innerJoin('vaults as v', 'v.id', 'r.vault_id')
    .select(['b.id', 'b.kind', 'b.snapshot_id', 'b.taken_at', 'b.bytes', 'b.verdict'])
    .select(['r.name as repository', 'v.name as vault'])
    .where('r.removed_at', 'is', null)
    .where('b.operation_id', '=', of.operationId)
    .where('b.source_id', of.sourceId === null ? 'is' : '=', of.sourceId)
    .orderBy('v.name')
    .orderBy('b.taken_at')
    .execute();

/** When a backup was restored, and when its repository was checked since it was taken; newest first. */
export const looksAt = (db: Db, of: { id: string; repositoryId: string; since: Date }, limit = 20) =>
  db
    .selectFrom('verifications')
    .select(['kind', 'finished_at', 'verdict', 'message', 'detail'])
    .where((eb) =>
      eb.or([
        eb('backup_id', '=', of.id),
        eb.and([
          eb('backup_id', 'is', null),
          eb('repository_id', '=', of.repositoryId),
          eb('started_at', '>=', of.since),
        ]),
      ]),
    )
    .orderBy('finished_at', 'desc')
    .limit(limit)
    .execute();
