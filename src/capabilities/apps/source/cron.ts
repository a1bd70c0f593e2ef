import { Cron } from 'croner';
import type { Outcome } from '../../../kernel/refusal.ts';
import { cronInvalid } from './errors.ts';
import { type CronJob, hasControl } from './model.ts';

/** Checks a schedule: five fields, UTC, names such as `MON` allowed; seconds and `@` nicknames are not. */
export function parseSchedule(text: string, where: string): Outcome<string> {
  const schedule = text.trim().replaceAll(/ +/g, ' ');
  if (hasControl(schedule) || schedule.length > 120)
    return cronInvalid(where, 'the schedule is not one short line');
  if (schedule.split(' ').length !== 5)
    return cronInvalid(where, `${JSON.stringify(text)} has not five fields`);
  try {
    const cron = new Cron(schedule, { paused: true, timezone: 'UTC', mode: '5-part' });
    cron.stop();
  } catch (error) {
    return cronInvalid(where, error instanceof Error ? error.message : String(error));
  }
  return schedule;
}

/** Gives each job a name of its own: the one it has, else one made from its command. */
export function nameJobs(
  jobs: readonly { name?: string | undefined; schedule: string; command: string }[],
): CronJob[] {
  const taken = new Set<string>();
  return jobs.map((job) => {
    const base = job.name ?? (slug(job.command) || 'job');
    let name = base;
    for (let n = 2; taken.has(name); n += 1) name = `${base}-${n}`;
    taken.add(name);
    return { name, schedule: job.schedule, command: job.command };
  });
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
    .replaceAll(/-+$/g, '');
