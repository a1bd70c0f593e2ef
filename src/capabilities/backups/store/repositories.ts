import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { newId } from '../../../kernel/id.ts';

export type Db = Kysely<Database> | Transaction<Database>;

export const activeVaults = (db: Db) =>
  db.selectFrom('vaults').selectAll().where('retired_at', 'is', null).orderBy('name').execute();
export type VaultRow = Awaited<ReturnType<typeof activeVaults>>[number];

export const vault = (db: Db, id: string) =>
  db.selectFrom('vaults').selectAll().where('id', '=', id).executeTakeFirst();

export const noteVault = (
  db: Db,
  id: string,
  state: { status: VaultRow['status']; message: string | null },
) =>
  db
    .updateTable('vaults')
    .set({
      status: state.status,
      status_message: state.message,
      ...(state.status === 'ready' ? { seen_at: sql<Date>`now()` } : {}),
    })
    .where('id', '=', id)
    .execute();

const repositoryQuery = (db: Db) =>
  db
    .selectFrom('repositories as r')
    .innerJoin('vaults as v', 'v.id', 'r.vault_id')
    .selectAll('r')
    .select(['v.name as vault', 'v.status as vault_status'])
    .select((eb) =>
      eb
        .selectFrom('project_keys as k')
        .select((k) => k.fn.max('k.compromised_at').as('leaked_at'))
        .whereRef('k.project_id', '=', 'r.project_id')
        .as('leaked_at'),
    )
    .where('r.removed_at', 'is', null);
export type RepositoryRow = Awaited<ReturnType<ReturnType<typeof repositoryQuery>['execute']>>[number];

export const repository = (db: Db, id: string): Promise<RepositoryRow | undefined> =>
  repositoryQuery(db).where('r.id', '=', id).executeTakeFirst();

export const allRepositories = (db: Db): Promise<RepositoryRow[]> =>
  repositoryQuery(db).where('r.ready_at', 'is not', null).orderBy('r.id').execute();

/** Every generation of a project in every vault that is not retired. */
export const repositoriesOf = (db: Db, projectId: string): Promise<RepositoryRow[]> =>
  repositoryQuery(db)
    .where('v.retired_at', 'is', null)
    .where('r.project_id', '=', projectId)
    .where('r.ready_at', 'is not', null)
    .orderBy('r.vault_id')
    .orderBy('r.generation')
    .execute();

/** The newest generation in each active vault. */
export const openRepositories = (db: Db, projectId: string | null): Promise<RepositoryRow[]> =>
  repositoryQuery(db)
    .where('v.retired_at', 'is', null)
    .where('r.project_id', projectId === null ? 'is' : '=', projectId)
    .distinctOn('r.vault_id')
    .orderBy('r.vault_id')
    .orderBy('r.generation', 'desc')
    .execute();

/** When the newest generation of a project was begun, in each active vault. */
export const generations = (db: Db, projectId: string) =>
  db
    .selectFrom('repositories as r')
    .innerJoin('vaults as v', 'v.id', 'r.vault_id')
    .select((eb) => eb.fn.max('r.created_at').as('createdAt'))
    .where('r.project_id', '=', projectId)
    .where('r.removed_at', 'is', null)
    .where('v.retired_at', 'is', null)
    .groupBy('r.vault_id')
    .execute();

export interface NewRepository {
  readonly id: string;
  readonly organizationId: string | null;
  readonly projectId: string | null;
  readonly vaultId: string;
  readonly generation: number;
  readonly sealedKey: string | null;
}

export const repositoryName = (projectId: string | null, generation: number): string =>
  `${projectId ?? 'platform'}-${generation}`;

/** A second one of the same generation is not made: who came first is kept. */
export const addRepository = (db: Db, made: NewRepository) =>
  db
    .insertInto('repositories')
    .values({
      id: made.id,
      organization_id: made.organizationId,
      project_id: made.projectId,
      vault_id: made.vaultId,
      generation: made.generation,
      name: repositoryName(made.projectId, made.generation),
      sealed_key: made.sealedKey,
    })
    .onConflict((conflict) => conflict.columns(['project_id', 'vault_id', 'generation']).doNothing())
    .execute();

export const repositoryReady = (db: Db, id: string) =>
  db
    .updateTable('repositories')
    .set({ ready_at: sql<Date>`coalesce(ready_at, now())` })
    .where('id', '=', id)
    .execute();

/** The newest generation that there was, used or not; 0: none. */
export async function lastGeneration(db: Db, projectId: string | null, vaultId: string): Promise<number> {
  const row = await db
    .selectFrom('repositories')
    .select((eb) => eb.fn.max('generation').as('generation'))
    .where('project_id', projectId === null ? 'is' : '=', projectId)
    .where('vault_id', '=', vaultId)
    .executeTakeFirst();
  return Number(row?.generation ?? 0);
}

/** It was never ours to use. */
export const passOver = (db: Db, id: string) =>
  db
    .updateTable('repositories')
    .set({ removed_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('ready_at', 'is', null)
    .execute();

/** The first snapshot of a generation: its predecessor's retention begins. */
export async function noteSnapshot(db: Db, repositoryId: string): Promise<void> {
  const first = await db
    .updateTable('repositories')
    .set({ first_snapshot_at: sql<Date>`now()` })
    .where('id', '=', repositoryId)
    .where('first_snapshot_at', 'is', null)
    .returning(['project_id', 'vault_id', 'generation'])
    .executeTakeFirst();
  if (!first) return;
  await db
    .updateTable('repositories')
    .set({ succeeded_at: sql<Date>`now()` })
    .where('project_id', first.project_id === null ? 'is' : '=', first.project_id)
    .where('vault_id', '=', first.vault_id)
    .where('generation', '<', first.generation)
    .where('succeeded_at', 'is', null)
    .execute();
}

/** Where to seal the key of a repository to. In a transaction: the project's key may be rotating. */
export async function ownerOf(
  db: Db,
  projectId: string,
): Promise<{ organizationId: string; recipient: string | null } | undefined> {
  const row = await db
    .selectFrom('projects')
    .select(['organization_id', 'key_recipient'])
    .where('id', '=', projectId)
    .executeTakeFirst();
  return row && { organizationId: row.organization_id, recipient: row.key_recipient };
}

export const newRepositoryId = newId;
