import { createHash } from 'node:crypto';
import type { Millis } from '../../kernel/time.ts';
import { DAY, HOUR } from './model.ts';

const MINUTE = 60_000;
/** After a failure the next attempt waits 5 minutes, then twice as long each time, an hour at most. */
const BACK_OFF = { first: 5 * MINUTE, most: HOUR };
/** So much later than due, and a backup is overdue. */
const GRACE = 2 * HOUR;

export interface Policy {
  /** null: not by itself. */
  readonly everyHours: number | null;
  /** Minute of the day (UTC) at which the round begins. */
  readonly atMinute: number;
}

/** The minute of the day that belongs to this source unless somebody chose one: spread evenly over the day. */
export const minuteOf = (sourceId: string): number =>
  createHash('sha256').update(sourceId).digest().readUInt32BE(0) % 1440;

/** The newest moment, not after `now`, at which a backup was due. */
export function lastDue({ everyHours, atMinute }: Policy, now: Millis): Millis | null {
  if (everyHours === null) return null;
  const period = everyHours * HOUR;
  const first = atMinute * MINUTE;
  return Math.floor((now - first) / period) * period + first;
}

export const nextDue = (policy: Policy, now: Millis): Millis | null => {
  const last = lastDue(policy, now);
  return last === null ? null : last + policy.everyHours! * HOUR;
};

export interface SourceState {
  readonly policy: Policy;
  readonly createdAt: Millis;
  /** When the newest backup that arrived was begun, in the repository that is behind the most; null: none. */
  readonly lastAt: Millis | null;
  /** Failures since then, and when the last one ended. */
  readonly failures: number;
  readonly failedAt: Millis | null;
}

/** Whether to back it up now: it is due, or was never backed up, and the pause after a failure is over. */
export function isDue(source: SourceState, now: Millis): boolean {
  const due = lastDue(source.policy, now);
  if (due === null) return false;
  if (source.failures > 0 && source.failedAt !== null) {
    const pause = Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** (source.failures - 1));
    if (now < source.failedAt + pause) return false;
  }
  // What was never backed up does not wait for its minute of the day.
  return source.lastAt === null || source.lastAt < due;
}

/** Whether somebody has to be told that there is no backup as young as promised. */
export function isOverdue(source: SourceState, now: Millis): boolean {
  const { everyHours } = source.policy;
  if (everyHours === null) return false;
  return now - (source.lastAt ?? source.createdAt) > everyHours * HOUR + GRACE;
}

/** How old a proof may become: structure a day, all data and the restored copy a week. */
export const CHECKS = { structure: DAY, part: DAY, parts: 7, prove: 7 * DAY, grace: 12 * HOUR } as const;

export const checkDue = (lastAt: Millis | null, every: Millis, now: Millis): boolean =>
  lastAt === null || now - lastAt >= every;

export const checkOverdue = (lastAt: Millis | null, since: Millis, every: Millis, now: Millis): boolean =>
  now - (lastAt ?? since) > every + CHECKS.grace;

/** A new generation each month: the old one's retention in the vault can then begin. */
export const generationIsOver = (createdAt: Millis, now: Millis): boolean => {
  const [made, today] = [new Date(createdAt), new Date(now)];
  return made.getUTCFullYear() !== today.getUTCFullYear() || made.getUTCMonth() !== today.getUTCMonth();
};

/** A new generation is a whole copy: on demand there is one an hour, so that nobody fills a vault with them. */
export const mayRotate = (generations: readonly { readonly createdAt: Millis }[], now: Millis): boolean =>
  generations.length === 0 || generations.some(({ createdAt }) => now - createdAt >= HOUR);
