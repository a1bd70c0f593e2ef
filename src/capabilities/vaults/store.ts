import { type Kysely, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { TenantDb } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { CANARY_ORGANIZATIONS } from '../controls/model.ts';
import { type AddFacts, type AddVault, placeOf, VaultFacts, type VaultView } from './model.ts';

type Db = Kysely<Database>;
export type VaultStatusWord = 'unknown' | 'ready' | 'unreachable' | 'full' | 'refusing';

export async function listVaults(db: TenantDb): Promise<VaultView[]> {
  const rows = await db
    .selectFrom('vaults')
    .select(['name', 'url', 'place', 'status', 'status_message', 'seen_at', 'created_at', 'facts'])
    .where('retired_at', 'is', null)
    .orderBy('name')
    .execute();
  return rows.map((row) => {
    const facts = VaultFacts.safeParse(row.facts).data ?? {};
    return {
      ...{ name: row.name, url: row.url, place: row.place, status: row.status, message: row.status_message },
      seenAt: row.seen_at?.toISOString() ?? null,
      createdAt: row.created_at.toISOString(),
      freeBytes: facts.freeBytes ?? null,
      totalBytes: facts.totalBytes ?? null,
      retentionDays: facts.retentionDays ?? null,
      repositories: facts.repositories ?? null,
      damaged: facts.damaged ?? [],
      refused: facts.refused ?? [],
    };
  });
}

export const inUse = async (db: Pick<Db, 'selectFrom'>): Promise<string[]> =>
  (await db.selectFrom('vaults').select('name').where('retired_at', 'is', null).execute()).map(
    ({ name }) => name,
  );

export const activeVaults = (db: Db) =>
  db.selectFrom('vaults').selectAll().where('retired_at', 'is', null).orderBy('name').execute();
export type VaultRow = Awaited<ReturnType<typeof activeVaults>>[number];

/** The row that an operation noted. */
export const preparedBy = (db: Db, operationId: string) =>
  db
    .selectFrom('vaults')
    .selectAll()
    .where(sql<string>`facts->>'operationId'`, '=', operationId)
    .executeTakeFirst();

export async function addFacts(db: Db, name: string, operationId: string): Promise<AddFacts> {
  const row = (await activeVaults(db)).find((one) => one.name === name);
  const named = row && { url: row.url, operationId: VaultFacts.parse(row.facts).operationId };
  return { named, prepared: (await preparedBy(db, operationId)) !== undefined };
}

/** Not in use, and not under its name, until it took us in. */
export async function notePrepared(
  db: Db,
  of: { wish: AddVault; operationId: string; ca: string; username: string },
  wrap: (id: string) => Promise<string>,
): Promise<void> {
  const id = newId();
  await db
    .insertInto('vaults')
    .values({
      id,
      name: `pending-${id.slice(-12)}`,
      url: of.wish.url,
      place: placeOf(of.wish.url),
      ca: of.ca,
      username: of.username,
      wrapped_password: await wrap(id),
      facts: JSON.stringify({ operationId: of.operationId }),
      retired_at: sql<Date>`now()`,
    })
    .execute();
}

export const putInUse = (db: Db, id: string, name: string) =>
  db.updateTable('vaults').set({ name, retired_at: null }).where('id', '=', id).execute();

/** Its name becomes free; its row stays, because backups that were made there name it. */
export const retire = (db: Db, name: string) =>
  db
    .updateTable('vaults')
    .set({
      retired_at: sql<Date>`now()`,
      name: sql<string>`left(name, 24) || '-r' || right(replace(id::text, '-', ''), 10)`,
    })
    .where('name', '=', name)
    .where('retired_at', 'is', null)
    .execute();

export const noteLook = (
  db: Db,
  id: string,
  of: {
    status: VaultStatusWord;
    message: string | null;
    facts: VaultFacts;
    journalSeq: number;
    seen: boolean;
  },
) =>
  db
    .updateTable('vaults')
    .set({
      status: of.status,
      status_message: of.message,
      facts: JSON.stringify(of.facts),
      journal_seq: of.journalSeq,
      ...(of.seen && { seen_at: sql<Date>`now()` }),
    })
    .where('id', '=', id)
    .execute();

/** Clocks of two machines, and the time between announcing and asking. */
const NEAR_SECONDS = 300;

/** A control says what it is about to try with the platform's credential. */
export async function announceAttempt(
  db: Db,
  attempt: { vaultId: string; repositoryId: string; method: string; path: string },
): Promise<void> {
  await db
    .deleteFrom('announced_attempts')
    .where('announced_at', '<', sql<Date>`now() - interval '1 day'`)
    .execute();
  await db
    .insertInto('announced_attempts')
    .values({
      id: newId(),
      vault_id: attempt.vaultId,
      repository_id: attempt.repositoryId,
      method: attempt.method,
      path: attempt.path,
    })
    .execute();
}

/**
 * Whether what a vault refused was announced, letter by letter, on a canary's own repository and at about that time.
 * Each announcement is good for one refusal: a second one like it is somebody else's.
 */
export async function spendAnnouncement(
  db: Db,
  vaultId: string,
  refused: { readonly at: string; readonly method: string; readonly path: string },
): Promise<boolean> {
  const canaries = Object.values(CANARY_ORGANIZATIONS);
  const { rows } = await sql<{ id: string }>`
    update announced_attempts set spent_at = now() where id = (
      select a.id from announced_attempts a join repositories r on r.id = a.repository_id
        join organizations o on o.id = r.organization_id and o.name in (${sql.join(canaries)})
      where a.vault_id = ${vaultId} and r.vault_id = a.vault_id and a.spent_at is null
        and a.method = ${refused.method} and a.path = ${refused.path}
        and starts_with(a.path, '/r/' || r.name || '/')
        and abs(extract(epoch from a.announced_at - ${refused.at}::timestamptz)) < ${NEAR_SECONDS}
      order by a.announced_at limit 1)
    returning id`.execute(db);
  return rows.length > 0;
}
