import type { z } from 'zod';
import type { Context } from '../../../api/route.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { reasonNeeded, staffAccessDecided, staffAccessNotFound, staffAccessOver } from '../errors.ts';
import type { StaffGrant } from '../model.ts';
import { stateOf } from '../plan.ts';
import * as store from '../store.ts';

export type View = z.input<typeof StaffGrant>;
const iso = (at: Date | null) => at?.toISOString() ?? null;

export const view = (row: store.GrantRow, now: Date): View => ({
  id: row.id,
  organization: row.organization,
  project: row.project,
  kind: row.kind,
  scopes: row.scopes,
  reason: row.reason,
  seconds: row.seconds,
  state: stateOf(row, now),
  requestedBy: row.requested_name,
  requestedAt: row.requested_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  decidedBy: row.decided_name,
  decidedAt: iso(row.decided_at),
  until: iso(row.until),
  endedAt: iso(row.ended_at),
  endReason: row.end_reason ?? (stateOf(row, now) === 'ended' ? 'ended' : null),
  review: row.review,
  reviewedBy: row.reviewed_name,
});

type Db = Context['db'];

/** The grant as it is now. */
export async function shown(db: Db, id: string, now: Date): Promise<Outcome<View>> {
  const row = await store.findGrant(db, id);
  return row ? view(row, now) : staffAccessNotFound();
}

/** Why, in the person's words: the customer reads it. */
export const reasonOf = (reason: string | undefined): Outcome<string> => {
  const text = reason?.trim() ?? '';
  return text.length >= 10 && text.length <= 500 ? text : reasonNeeded();
};

/** Decides what is there; of several at the same time one does, and the others hear how it is. */
export async function decided(
  ctx: Context,
  id: string,
  decision: 'approved' | 'declined',
): Promise<Outcome<View>> {
  const by = { id: ctx.actor.accountId, name: ctx.actor.name };
  const done = await store.decide(ctx.db, id, decision, by);
  const now = await shown(ctx.db, id, ctx.now);
  return done || isRefusal(now) ? now : staffAccessDecided(now.state);
}

export async function ended(
  ctx: Context,
  id: string,
  why: 'revoked' | 'given-back' | 'withdrawn',
): Promise<Outcome<View>> {
  const done = await store.end(ctx.db, id, why, ctx.actor.name);
  const now = await shown(ctx.db, id, ctx.now);
  return done || isRefusal(now) ? now : staffAccessOver(now.state);
}
