import { z } from 'zod';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const DAY = 86_400_000;
/** Restored weekly; a day for the run itself. */
const RESTORED = 8 * DAY;
const CHECKED = 2 * DAY;

const World = z.object({
  now: z.int(),
  /** Milliseconds since the canary projects were there. */
  age: z.int(),
  databases: z.array(z.string()),
  backups: z.array(
    z.object({
      source: z.string(),
      takenAt: z.iso.datetime(),
      verdict: z.string(),
      verifiedAt: z.iso.datetime().nullable(),
      restoredAt: z.iso.datetime().nullable(),
    }),
  ),
});

const newest = (times: readonly (string | null)[]): number =>
  Math.max(0, ...times.flatMap((time) => (time === null ? [] : [Date.parse(time)])));

/** Each database: some backup seen sound in the vault lately, and one restored and compared within the week. */
export const judge = judging(World, ({ now, age, databases, backups }) => {
  const bad = backups.filter(({ verdict }) => verdict === 'broken' || verdict === 'missing');
  if (bad.length > 0)
    return broken(
      `${bad.length} backups are known to be broken or gone: ${few(bad.map(({ source }) => source))}`,
    );
  if (databases.length === 0) return inconclusive('the canary projects have no database');
  const young: string[] = [];
  const late: string[] = [];
  for (const name of databases) {
    const own = backups.filter(({ source }) => source === name);
    const checked = newest(own.map(({ verifiedAt }) => verifiedAt));
    const restored = newest(own.map(({ restoredAt }) => restoredAt));
    if (now - Math.max(checked, now - age) > CHECKED) late.push(`${name} was not checked lately`);
    else if (checked === 0) young.push(name);
    if (now - Math.max(restored, now - age) > RESTORED) late.push(`${name} was not restored lately`);
    else if (restored === 0) young.push(name);
  }
  if (late.length > 0) return broken(few(late));
  if (young.length > 0)
    return inconclusive(`not yet checked and restored, and not overdue: ${few([...new Set(young)])}`);
  return held(`${databases.length} databases, each checked within 2 days and restored and compared within 8`);
});
