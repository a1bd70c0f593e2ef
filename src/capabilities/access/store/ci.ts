import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import type { Secret } from '../../../kernel/secret.ts';
import { CI_KEYS, CI_MINUTES, RULES } from '../model/ci.ts';
import { DAY } from '../model.ts';
import { hashToken, newToken } from '../tokens.ts';

const MINUTE = 60_000;

/** A project's rules that hold, with what is known of their issuers' keys. */
export const listRules = (db: TenantDb, projectId: string, now: Date) =>
  db
    .selectFrom('ci_trust as t')
    .innerJoin('ci_issuers as i', 'i.issuer', 't.issuer')
    .select(['t.id', 't.name', 't.issuer', 't.claims', 't.created_by', 't.created_at', 't.expires_at'])
    .select(['t.last_used_at', 'i.fetched_at', 'i.failure'])
    .where('t.project_id', '=', projectId)
    .where('t.revoked_at', 'is', null)
    .where('t.expires_at', '>', now)
    .orderBy('t.created_at', 'desc')
    .execute();

/** Adds a rule; nothing where the project has as many as it may. */
export async function addRule(
  db: TenantDb,
  wanted: {
    readonly organizationId: string;
    readonly projectId: string;
    readonly name: string;
    readonly issuer: string;
    readonly claims: Readonly<Record<string, string>>;
    readonly by: string;
    readonly days: number;
    readonly now: Date;
  },
): Promise<string | undefined> {
  if ((await listRules(db, wanted.projectId, wanted.now)).length >= RULES) return undefined;
  await db
    .insertInto('ci_issuers')
    .values({ issuer: wanted.issuer })
    .onConflict((c) => c.doNothing())
    .execute();
  const id = newId();
  await db
    .insertInto('ci_trust')
    .values({
      id,
      organization_id: wanted.organizationId,
      project_id: wanted.projectId,
      name: wanted.name,
      issuer: wanted.issuer,
      claims: JSON.stringify(wanted.claims),
      created_by: wanted.by,
      created_at: wanted.now,
      expires_at: new Date(wanted.now.getTime() + wanted.days * DAY),
    })
    .execute();
  return id;
}

/** Ends a rule and the tokens that were given out under it. */
export async function endRule(db: TenantDb, projectId: string, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('ci_trust')
    .set({ revoked_at: now })
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  await db
    .updateTable('deploy_tokens')
    .set({ revoked_at: now })
    .where('trust_id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
  return numUpdatedRows > 0n;
}

/** Rules of a project, by its name, that trust an issuer now. */
export const rulesFor = (db: TenantDb, project: string, issuer: string, now: Date) =>
  db
    .selectFrom('ci_trust as t')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .select(['t.id', 't.name', 't.claims', 't.organization_id', 't.project_id', 't.expires_at'])
    .where('p.name', '=', project)
    .where('p.suspended_at', 'is', null)
    .where('t.issuer', '=', issuer)
    .where('t.revoked_at', 'is', null)
    .where('t.expires_at', '>', now)
    .orderBy('t.created_at')
    .execute();
export type Rule = Awaited<ReturnType<typeof rulesFor>>[number];

/** An issuer's public keys, where they are not too old to be believed. */
export async function keysOf(db: TenantDb, issuer: string, now: Date) {
  const row = await db
    .selectFrom('ci_issuers')
    .select('keys')
    .where('issuer', '=', issuer)
    .where('fetched_at', '>', new Date(now.getTime() - CI_KEYS.good))
    .executeTakeFirst();
  return row?.keys ?? undefined;
}

/** Asks the agent for the issuer's keys; a flood of unknown ones asks once a minute. */
export async function wantKeys(db: TenantDb, issuer: string, now: Date): Promise<void> {
  await db
    .updateTable('ci_issuers')
    .set({ wanted_at: now })
    .where('issuer', '=', issuer)
    .where((eb) =>
      eb.or([eb('wanted_at', 'is', null), eb('wanted_at', '<', new Date(now.getTime() - CI_KEYS.again))]),
    )
    .execute();
}

/** Whether a token was not exchanged before; it is by this. */
export async function spendToken(db: TenantDb, hash: Buffer, until: Date, now: Date): Promise<boolean> {
  await db.deleteFrom('ci_seen').where('expires_at', '<', now).execute();
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('ci_seen')
    .values({ hash, expires_at: until })
    .onConflict((c) => c.doNothing())
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** A deploy token for minutes, under a rule; it never outlives it: none where it has just ended. Those that ended yesterday are dropped. */
export async function createCiToken(
  db: TenantDb,
  rule: Rule,
  now: Date,
): Promise<{ id: string; token: Secret; expiresAt: Date } | undefined> {
  // The row is held from here on: whoever ends the rule finds the token that is made below, or was first.
  const lives = await db
    .updateTable('ci_trust')
    .set({ last_used_at: now })
    .where('id', '=', rule.id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (!lives) return undefined;
  await db
    .deleteFrom('deploy_tokens')
    .where('trust_id', '=', rule.id)
    .where('expires_at', '<', new Date(now.getTime() - DAY))
    .execute();
  const token = newToken('bsd');
  const id = newId();
  const expiresAt = new Date(Math.min(now.getTime() + CI_MINUTES * MINUTE, rule.expires_at.getTime()));
  await db
    .insertInto('deploy_tokens')
    .values({
      id,
      organization_id: rule.organization_id,
      project_id: rule.project_id,
      name: rule.name,
      hash: hashToken(token.reveal()),
      created_by: `ci:${rule.name}`,
      created_at: now,
      expires_at: expiresAt,
      trust_id: rule.id,
    })
    .execute();
  return { id, token, expiresAt };
}

/** The audit line of an exchange, or of one that was refused and why. */
export async function recordExchange(
  db: TenantDb,
  of: { readonly rule: Rule | undefined; readonly organizationId: string; readonly project: string },
  from: { readonly requestId: string; readonly sourceAddress: string | undefined },
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      actor: of.rule ? `deploy:${of.rule.name}` : 'unknown',
      action: 'ci:exchange',
      target: `project:${of.project}`,
      organization_id: of.organizationId,
      outcome: of.rule ? 'allowed' : 'denied',
      detail: JSON.stringify(detail),
      request_id: from.requestId,
      source_address: from.sourceAddress ?? null,
    })
    .execute();
}
