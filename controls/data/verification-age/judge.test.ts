import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const DAY = 86_400_000;
const ago = (days: number) => new Date(now - days * DAY).toISOString();
const backup = (checked: number | null, restored: number | null, more = {}) => ({
  source: 'db',
  takenAt: ago(3),
  verdict: 'sound',
  verifiedAt: checked === null ? null : ago(checked),
  restoredAt: restored === null ? null : ago(restored),
  ...more,
});
const world = (backups: unknown[], more = {}) => ({
  now,
  age: 100 * DAY,
  databases: ['db'],
  backups,
  ...more,
});

testJudge(judge, {
  broken: {
    'not restored for nine days': world([backup(1, 9)]),
    'not checked for three days': world([backup(3, 1)]),
    'never restored, and old enough': world([backup(1, null)]),
    'no backup at all': world([]),
    'one that is broken, beside a sound one': world([backup(1, 1), backup(1, null, { verdict: 'broken' })]),
    'one that is gone': world([backup(1, 1), backup(1, null, { verdict: 'missing' })]),
  },
  sound: { 'checked and restored in time': world([backup(1, 7), backup(1, null)]) },
  inconclusive: {
    'no database': world([backup(1, 1)], { databases: [] }),
    'too young': world([backup(1, null)], { age: DAY }),
  },
});
