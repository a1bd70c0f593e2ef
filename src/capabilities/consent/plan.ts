import type { GrantState } from './model.ts';

interface Row {
  readonly decision: 'approved' | 'declined' | null;
  readonly expires_at: Date;
  readonly until: Date | null;
  readonly ended_at: Date | null;
}

/** PURE. Where a request stands at a time. `lapsed`: nobody decided in time. */
export function stateOf(row: Row, now: Date): GrantState {
  if (row.decision === 'declined') return 'declined';
  if (row.ended_at) return 'ended';
  if (row.decision === null) return row.expires_at > now ? 'waiting' : 'lapsed';
  return row.until !== null && row.until > now ? 'live' : 'ended';
}

const TIME = /^(?:(\d{1,2})h)?(?:(\d{1,3})m)?$/;

/** PURE. `1h`, `30m`, `2h30m` in seconds; undefined where it is none, or not between a minute and `most`. */
export function secondsOf(text: string, most: number): number | undefined {
  const [, hours = '0', minutes = '0'] = TIME.exec(text) ?? [];
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return seconds >= 60 && seconds <= most ? seconds : undefined;
}
