import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import type { Secret } from '../../../kernel/secret.ts';
import { DEVICE, userCode } from '../model/accounts.ts';
import { aroundOf, crowding } from '../network.ts';
import { hashToken, newToken } from '../tokens.ts';

/** Devices that may wait at the same time: everybody's, and those of one site. */
const WAITING = 500;
const OF_ONE_SITE = 30;

/** Of the block of networks that has most devices waiting, the one that has waited longest makes room. */
async function makeRoom(db: TenantDb): Promise<void> {
  const rows = await db
    .selectFrom('device_logins')
    .select(['id', 'network'])
    .where('approved_by', 'is', null)
    .orderBy('created_at')
    .execute();
  const most = crowding(rows);
  if (most) await db.deleteFrom('device_logins').where('id', '=', most.id).execute();
}

/**
 * A device begins to wait; nothing where too many of its site do. However many networks somebody has, he keeps nobody
 * else from it: where too many wait in all, one of his makes room.
 */
export async function startDevice(
  db: TenantDb,
  from: { readonly device: string; readonly address: string | undefined; readonly network: string },
  now: Date,
): Promise<{ deviceCode: Secret; userCode: string } | undefined> {
  await db.deleteFrom('device_logins').where('expires_at', '<', now).execute();
  const { waiting, near } = await db
    .selectFrom('device_logins')
    .select([
      sql<number>`count(*)::int`.as('waiting'),
      sql<number>`(count(*) filter (where starts_with(network, ${aroundOf(from.network).site})))::int`.as(
        'near',
      ),
    ])
    .where('approved_by', 'is', null)
    .where('denied_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (near >= OF_ONE_SITE) return undefined;
  if (waiting >= WAITING) await makeRoom(db);
  const deviceCode = newToken('bsl');
  const code = freshCode();
  await db
    .insertInto('device_logins')
    .values({
      id: newId(),
      device_hash: hashToken(deviceCode.reveal()),
      code_hash: hashToken(code),
      device: from.device,
      source_address: from.address ?? null,
      network: from.network,
      created_at: now,
      expires_at: new Date(now.getTime() + DEVICE.seconds * 1000),
    })
    .execute();
  return { deviceCode, userCode: code };
}

function freshCode(): string {
  for (;;) {
    const code = userCode(randomBytes(16));
    if (code) return code;
  }
}

/** The device that waits with this user code. */
export const waitingDevice = (db: TenantDb, code: string, now: Date) =>
  db
    .selectFrom('device_logins')
    .select(['id', 'device', 'source_address', 'created_at', 'expires_at'])
    .where('code_hash', '=', hashToken(code))
    .where('expires_at', '>', now)
    .where('approved_by', 'is', null)
    .where('denied_at', 'is', null)
    .executeTakeFirst();

/** Answers a waiting device, once: by the account that approves it, or null to turn it down. */
export async function answerDevice(
  db: TenantDb,
  code: string,
  approvedBy: string | null,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('device_logins')
    .set(approvedBy === null ? { denied_at: now } : { approved_by: approvedBy })
    .where('code_hash', '=', hashToken(code))
    .where('expires_at', '>', now)
    .where('approved_by', 'is', null)
    .where('denied_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

export type DeviceAnswer =
  | { readonly state: 'pending' | 'too-fast' | 'refused' }
  | {
      readonly state: 'approved';
      readonly accountId: string;
      readonly name: string;
      readonly device: string;
    };

/** What a device hears when it asks. An approval is handed out once, whoever asks at the same time. */
export async function pollDevice(db: TenantDb, deviceCode: string, now: Date): Promise<DeviceAnswer> {
  const row = await db
    .selectFrom('device_logins')
    .selectAll()
    .where('device_hash', '=', hashToken(deviceCode))
    .forUpdate()
    .executeTakeFirst();
  if (!row || row.expires_at <= now || row.denied_at || row.taken_at) return { state: 'refused' };
  if (!row.approved_by) {
    const early = row.polled_at !== null && now.getTime() - row.polled_at.getTime() < DEVICE.interval * 1000;
    await db.updateTable('device_logins').set({ polled_at: now }).where('id', '=', row.id).execute();
    return { state: early ? 'too-fast' : 'pending' };
  }
  await db.updateTable('device_logins').set({ taken_at: now }).where('id', '=', row.id).execute();
  const account = await db
    .selectFrom('accounts')
    .select(['id', 'name'])
    .where('id', '=', row.approved_by)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  if (!account) return { state: 'refused' };
  return { state: 'approved', accountId: account.id, name: account.name, device: row.device };
}
