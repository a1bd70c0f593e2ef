import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import { type Action, type Actor, DEPLOY_ACTIONS } from '../../access/model.ts';

/** What somebody who came by SSH may, in the one project: what `git push` and a command need. */
export const SESSION_ACTIONS: readonly Action[] = [...DEPLOY_ACTIONS, 'apps:run', 'operations:write'];

interface Begun {
  readonly organization_id: string;
  readonly actor: string;
  readonly pushes_only: boolean;
  readonly until: Date;
}

/** A session for a login that sshd let in; nothing where the gateway, the credential or the entry is not good. */
export async function beginSession(
  db: TenantDb,
  asked: {
    readonly gateway: Uint8Array;
    readonly credential: Uint8Array;
    readonly app: string;
    readonly command: string;
    readonly address: string | undefined;
    readonly id: string;
    readonly hash: Uint8Array;
    readonly now: Date;
  },
): Promise<Begun | undefined> {
  const { rows } =
    await sql<Begun>`select * from bastide_ssh_begin(${asked.gateway}, ${asked.credential}, ${asked.app},
    ${asked.hash}, ${asked.id}, ${asked.command}, ${asked.address ?? null}, ${asked.now})`.execute(db);
  return rows[0];
}

/** Whom a session's token stands for, while everything that let it in is still true. */
export async function actorOfSshSession(
  db: TenantDb,
  hash: Uint8Array,
  now: Date,
): Promise<Actor | undefined> {
  const { rows } = await sql<{
    id: string;
    organization_id: string;
    project_id: string;
    account_id: string | null;
    actor: string;
  }>`select * from bastide_ssh_session(${hash}, ${now})`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const limits = {
    actions: row.account_id === null ? DEPLOY_ACTIONS : SESSION_ACTIONS,
    projects: [row.project_id],
  };
  const { organization_id: organizationId, account_id: accountId } = row;
  if (accountId === null)
    return {
      accountId: row.id,
      name: row.actor,
      tokenId: row.id,
      memberships: [{ organizationId, role: 'developer' }],
      limits,
    };
  const memberships = await db
    .selectFrom('memberships')
    .select(['organization_id as organizationId', 'role'])
    .where('account_id', '=', accountId)
    .where('organization_id', '=', organizationId)
    .execute();
  return { accountId, name: row.actor, tokenId: row.id, memberships, limits, enrolled: true };
}

/** The line of a login, let in or not. */
export const recordLogin = (
  db: TenantDb,
  line: {
    readonly actor: string;
    readonly app: string;
    readonly organizationId: string | null;
    readonly allowed: boolean;
    readonly command: string;
    readonly address: string | undefined;
    readonly requestId: string;
  },
) =>
  db
    .insertInto('audit_log')
    .values({
      actor: line.actor,
      action: 'ssh.session',
      target: `app:${line.app}`,
      organization_id: line.organizationId,
      outcome: line.allowed ? 'allowed' : 'denied',
      source_address: line.address ?? null,
      request_id: line.requestId,
      detail: JSON.stringify({ command: line.command.slice(0, 200) }),
    })
    .execute();
