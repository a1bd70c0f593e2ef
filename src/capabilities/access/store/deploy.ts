import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import type { Secret } from '../../../kernel/secret.ts';
import { type Actor, DAY, DEPLOY_ACTIONS } from '../model.ts';
import { hashToken, newToken, sameHash } from '../tokens.ts';

const SEEN = 60_000;

/** What a deploy token stands for: its project, whoever made it. Nothing where it is unknown, over or revoked. */
export async function actorOfDeployToken(db: TenantDb, token: string, now: Date): Promise<Actor | undefined> {
  const hash = hashToken(token);
  const row = await db
    .selectFrom('deploy_tokens')
    .select(['id', 'hash', 'name', 'organization_id', 'project_id', 'last_used_at'])
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (!row || !sameHash(row.hash, hash)) return undefined;
  if (!row.last_used_at || now.getTime() - row.last_used_at.getTime() > SEEN)
    await db.updateTable('deploy_tokens').set({ last_used_at: now }).where('id', '=', row.id).execute();
  return {
    accountId: row.id,
    name: `deploy:${row.name}`,
    tokenId: row.id,
    memberships: [{ organizationId: row.organization_id, role: 'developer' }],
    limits: { actions: DEPLOY_ACTIONS, projects: [row.project_id] },
  };
}

/** Makes a deploy token; it can be read this once only. */
export async function createDeployToken(
  db: TenantDb,
  wanted: {
    readonly organizationId: string;
    readonly projectId: string;
    readonly name: string;
    readonly by: string;
    readonly days: number;
    readonly now: Date;
  },
): Promise<{ id: string; token: Secret; expiresAt: Date }> {
  const token = newToken('bsd');
  const id = newId();
  const expiresAt = new Date(wanted.now.getTime() + wanted.days * DAY);
  await db
    .insertInto('deploy_tokens')
    .values({
      id,
      organization_id: wanted.organizationId,
      project_id: wanted.projectId,
      name: wanted.name,
      hash: hashToken(token.reveal()),
      created_by: wanted.by,
      created_at: wanted.now,
      expires_at: expiresAt,
    })
    .execute();
  return { id, token, expiresAt };
}

/** The project's deploy tokens that still work, newest first. */
export const listDeployTokens = (db: TenantDb, projectId: string, now: Date) =>
  db
    .selectFrom('deploy_tokens')
    .select(['id', 'name', 'created_by', 'created_at', 'expires_at', 'last_used_at'])
    .where('project_id', '=', projectId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .execute();

export async function revokeDeployToken(
  db: TenantDb,
  projectId: string,
  id: string,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('deploy_tokens')
    .set({ revoked_at: now })
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
