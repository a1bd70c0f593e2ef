import { describe, expect, it } from 'vitest';
import { dueAt } from './upkeep.ts';

const at = (time: string): Date => new Date(`2027-01-01T${time}Z`);
const due = (schedule: string, since: string, now: string) =>
  dueAt(schedule, at(since), at(now))?.toISOString().slice(11, 16) ?? null;

describe('a cron job', () => {
  it('is due once its minute has begun, and not before', () => {
    expect(due('30 12 * * *', '08:00:00', '12:29:59')).toBeNull();
    expect(due('30 12 * * *', '08:00:00', '12:30:05')).toBe('12:30');
  });

  it('of every minute is due at the newest minute, not at one that was run long ago', () => {
    expect(due('* * * * *', '08:00:00', '12:04:10')).toBe('12:04');
    expect(due('* * * * *', '12:00:30', '12:02:05')).toBe('12:02');
  });

  it('is not due before the release was live', () => {
    expect(due('0 12 * * *', '12:00:30', '12:01:00')).toBeNull();
  });

  it('that was missed by more than five minutes is not caught up', () => {
    expect(due('0 12 * * *', '08:00:00', '12:04:00')).toBe('12:00');
    expect(due('0 12 * * *', '08:00:00', '12:06:00')).toBeNull();
  });
});
