import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../kernel/refusal.ts';
import { emptyStatus, failureOf, type Report, statusSchema, withReport } from './status.ts';

const statusOf = (...reports: Report[]) =>
  reports.reduce(
    (status, report, i) => withReport(status, report, `2026-01-01T00:00:0${i}.000Z`),
    emptyStatus(7),
  );

const started = { kind: 'started', name: 'database' } as const;
const finished = { kind: 'finished', name: 'database' } as const;
const failed = {
  kind: 'failed',
  name: 'database',
  refusal: new Refusal('x_y', 'no disk', 'free some'),
} as const;

describe('the status', () => {
  it('keeps when a stage started and finished', () => {
    expect(statusOf(started, finished, { kind: 'ready' })).toEqual({
      pid: 7,
      stages: [
        { name: 'database', startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:00:01.000Z' },
      ],
      ready: true,
    });
  });

  it('survives JSON and gives the refusal back', () => {
    const status = statusSchema.parse(JSON.parse(JSON.stringify(statusOf(started, failed))));
    expect(failureOf(status)).toEqual(failed.refusal);
    expect(status.ready).toBe(false);
  });

  it('forgets the failure when the stage starts again', () => {
    const again = statusOf(started, failed, started);
    expect(failureOf(again)).toBeUndefined();
    expect(again.stages).toHaveLength(1);
  });

  it('is no longer ready when a stage fails or starts', () => {
    expect(statusOf({ kind: 'ready' }, started).ready).toBe(false);
    expect(statusOf({ kind: 'ready' }, failed).ready).toBe(false);
  });
});
