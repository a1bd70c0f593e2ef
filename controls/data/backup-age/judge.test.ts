import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const ago = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
const backup = (hours: number, more = {}) => ({
  source: 'db',
  takenAt: ago(hours),
  verdict: 'sound',
  ...more,
});
const world = (backups: unknown[], more = {}) => ({
  now,
  sources: ['db'],
  schedules: [{ source: 'db', everyHours: 24 }],
  backups,
  age: 100 * 3_600_000,
  ...more,
});

testJudge(judge, {
  broken: {
    'the newest is older than its policy': world([backup(31), backup(60)]),
    'none at all': world([]),
    'the only young one is broken': world([backup(1, { verdict: 'broken' }), backup(40)]),
    'the only young one is gone from the vault': world([backup(1, { verdict: 'missing' })]),
    'the backups are of something else': world([backup(1, { source: 'other' })]),
    'a source without a schedule': world([backup(1)], { sources: ['db', 'uploads'] }),
  },
  sound: {
    'within its policy': world([backup(29), backup(60)]),
    'not proven yet, but taken': world([backup(1, { verdict: 'unproven' })]),
  },
  inconclusive: {
    'nothing there to back up': world([backup(1)], { sources: [] }),
    'too young to have one': world([], { age: 3_600_000 }),
    'a clock that is wrong': world([backup(-9)]),
  },
  notApplicable: { 'turned off': world([], { schedules: [{ source: 'db', everyHours: null }] }) },
});
