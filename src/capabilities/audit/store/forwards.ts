import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import type { ForwardInput, ForwardView } from '../model/forward.ts';
import type { Db } from './leaves.ts';

/** The name of a server's place among the outlets; no witness has such a name. */
export const outletOf = (name: string): string => `syslog:${name}`;

export interface Forward {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly ca: string | null;
  readonly clientCertificate: boolean;
  readonly private: boolean;
}

export const forwards = async (db: Db): Promise<Forward[]> =>
  (await db.selectFrom('audit_forwards').selectAll().orderBy('name').execute()).map((row) => ({
    name: row.name,
    host: row.host,
    port: row.port,
    ca: row.ca,
    clientCertificate: row.client_certificate,
    private: row.private,
  }));

export const findForward = async (db: Db, name: string): Promise<Forward | undefined> =>
  (await forwards(db)).find((one) => one.name === name);

/** False where the name is taken. */
export async function addForward(db: TenantDb, input: ForwardInput, by: string): Promise<boolean> {
  const added = await db
    .insertInto('audit_forwards')
    .values({
      ...{ name: input.name, host: input.host, port: input.port, ca: input.ca ?? null },
      ...{ client_certificate: input.clientCertificate, private: input.private, added_by: by },
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst();
  return added !== undefined;
}

/** False where there is none of this name. */
export const removeForward = async (db: TenantDb, name: string): Promise<boolean> =>
  (await db.deleteFrom('audit_forwards').where('name', '=', name).returning('name').executeTakeFirst()) !==
  undefined;

/** Servers and how far each of them has got. */
export async function forwardViews(db: TenantDb): Promise<ForwardView[]> {
  const { rows } = await sql<{ size: number }>`
    select coalesce(max(size), 0) as size from audit_checkpoints`.execute(db);
  const size = Number(rows[0]?.size ?? 0);
  const found = await db
    .selectFrom('audit_forwards as f')
    .leftJoin('audit_outlets as o', (join) => join.on(sql<boolean>`o.name = 'syslog:' || f.name`))
    .selectAll('f')
    .select(['o.position', 'o.reached_at', 'o.failing_since', 'o.failure', 'o.tested_at'])
    .orderBy('f.name')
    .execute();
  return found.map((row) => ({
    ...{ name: row.name, host: row.host, port: row.port, ownAuthority: row.ca !== null },
    ...{ clientCertificate: row.client_certificate, private: row.private, addedBy: row.added_by },
    behind: Math.max(0, size - Number(row.position ?? 0)),
    reachedAt: row.reached_at?.toISOString() ?? null,
    failingSince: row.failing_since?.toISOString() ?? null,
    failure: row.failure,
    testedAt: row.tested_at?.toISOString() ?? null,
  }));
}

/** Notes that a test message arrived, for this operation. */
export const tested = async (db: Db, name: string, operationId: string): Promise<void> =>
  void (await db
    .insertInto('audit_outlets')
    .values({ name: outletOf(name), kind: 'syslog', tested_by: operationId, tested_at: sql<Date>`now()` })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ tested_by: operationId, tested_at: sql<Date>`now()` }),
    )
    .execute());

export const wasTested = async (db: Db, operationId: string): Promise<boolean> =>
  (await db
    .selectFrom('audit_outlets')
    .select('name')
    .where('tested_by', '=', operationId)
    .executeTakeFirst()) !== undefined;
