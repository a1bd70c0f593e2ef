import { z } from 'zod';
import { broken, few, held, inconclusive, judging, notApplicable } from '../../contract/judging.ts';

const HOUR = 3_600_000;
/** A run may begin late and take its time. */
const SLACK = 6 * HOUR;

const World = z.object({
  now: z.int(),
  /** What the project has that is worth a backup, by name, as its owner sees it. */
  sources: z.array(z.string()),
  schedules: z.array(z.object({ source: z.string(), everyHours: z.int().nullable() })),
  backups: z.array(z.object({ source: z.string(), takenAt: z.iso.datetime(), verdict: z.string() })),
  /** Milliseconds since the canary projects were there. */
  age: z.int(),
});

/** The newest backup of each source against its policy. One that is known to be broken or missing is none. */
export const judge = judging(World, ({ now, sources, schedules, backups, age }) => {
  if (sources.length === 0) return inconclusive('the canary projects have nothing to back up');
  const late = [];
  for (const source of sources) {
    const schedule = schedules.find((one) => one.source === source);
    if (!schedule) {
      late.push(`${source} (no schedule)`);
      continue;
    }
    if (schedule.everyHours === null) continue;
    const allowed = schedule.everyHours * HOUR + SLACK;
    const times = backups
      .filter((one) => one.source === source && one.verdict !== 'broken' && one.verdict !== 'missing')
      .map(({ takenAt }) => Date.parse(takenAt));
    const newest = times.length > 0 ? Math.max(...times) : undefined;
    if (newest !== undefined && newest > now + HOUR)
      return inconclusive(`${source}: the newest is of the future`);
    const since = newest === undefined ? age : now - newest;
    if (since > allowed)
      late.push(newest === undefined ? `${source} (none)` : `${source} (${Math.round(since / HOUR)} h old)`);
    else if (newest === undefined) return inconclusive(`${source} is too young to have a backup`);
  }
  if (late.length > 0) return broken(`too old or not there: ${few(late)}`);
  if (schedules.every(({ everyHours }) => everyHours === null))
    return notApplicable('backups by themselves were turned off for every source');
  return held(`${sources.length} sources, each with a backup within its policy`);
});
