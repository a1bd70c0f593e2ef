import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { TenantDb } from '../../db/transaction.ts';

type Db = Kysely<Database> | Transaction<Database>;
const LOCK = 73;

/** Whether the operators' plane answers inside only. */
export const isClosed = async (db: Db): Promise<boolean> =>
  (await db.selectFrom('vpn').select('closed_at').executeTakeFirstOrThrow()).closed_at !== null;

export const readVpn = (db: Db) => db.selectFrom('vpn').selectAll().executeTakeFirstOrThrow();

export const setClosed = (db: TenantDb, at: Date | null, by: string | null) =>
  db.updateTable('vpn').set({ closed_at: at, closed_by: by }).execute();

/** Holds enrolments until the transaction ends, so that two never get one address. */
export const holdPeers = (db: TenantDb) => sql`select pg_advisory_xact_lock(${LOCK})`.execute(db);

/** Those that have not ended, and those that ended after `since`. */
export const listPeers = (db: Db, since: Date) =>
  db
    .selectFrom('vpn_peers')
    .selectAll()
    .where(({ eb, or }) => or([eb('ended_at', 'is', null), eb('ended_at', '>', since)]))
    .orderBy('created_at')
    .execute();
export type PeerRow = Awaited<ReturnType<typeof listPeers>>[number];

export const livePeers = (db: Db) =>
  db.selectFrom('vpn_peers').selectAll().where('ended_at', 'is', null).execute();

export const keyKnown = async (db: TenantDb, publicKey: string): Promise<boolean> =>
  (await db.selectFrom('vpn_peers').select('id').where('public_key', '=', publicKey).executeTakeFirst()) !==
  undefined;

export const livePeer = (db: TenantDb, id: string) =>
  db
    .selectFrom('vpn_peers')
    .selectAll()
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();

export interface NewPeer {
  readonly id: string;
  readonly name: string;
  readonly publicKey: string;
  readonly address: string;
  readonly by: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

export const insertPeer = (db: TenantDb, peer: NewPeer) =>
  db
    .insertInto('vpn_peers')
    .values({
      id: peer.id,
      name: peer.name,
      public_key: peer.publicKey,
      address: peer.address,
      enrolled_by: peer.by,
      created_at: peer.now,
      expires_at: peer.expiresAt,
    })
    .execute();

export const setExpiry = (db: TenantDb, id: string, at: Date) =>
  db.updateTable('vpn_peers').set({ expires_at: at }).where('id', '=', id).execute();

export const revokePeer = (db: TenantDb, id: string, at: Date, by: string) =>
  db
    .updateTable('vpn_peers')
    .set({ ended_at: at, ended_because: 'revoked', ended_by: by })
    .where('id', '=', id)
    .execute();

/** Ends those whose time has come, each with a line in the audit log. */
export async function endExpired(db: Kysely<Database>, actor: string, now: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const ended = await tx
      .updateTable('vpn_peers')
      .set({ ended_at: now, ended_because: 'expired', ended_by: actor })
      .where('ended_at', 'is', null)
      .where('expires_at', '<=', now)
      .returning(['name', 'address'])
      .execute();
    if (ended.length === 0) return;
    await tx
      .insertInto('audit_log')
      .values(
        ended.map(({ name, address }) => ({
          actor,
          action: 'vpn.expire',
          target: `vpn-peer:${name}`,
          organization_id: null,
          outcome: 'done' as const,
          detail: JSON.stringify({ address }),
        })),
      )
      .execute();
  });
}

export const noteHandshake = (db: Db, publicKey: string, at: Date) =>
  db.updateTable('vpn_peers').set({ handshake_at: at }).where('public_key', '=', publicKey).execute();

export const noteKey = (db: Db, publicKey: string) =>
  db.updateTable('vpn').set({ public_key: publicKey }).execute();

export const noteState = (db: Db, carrier: 'kernel' | 'userspace' | null, problem: string | null) =>
  db.updateTable('vpn').set({ carrier, problem }).execute();
