import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { alert, settle } from '../../engine/alert.ts';
import { listControls, proberSilence } from './store.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Minutes without a word of any prober. It is busy for hours at most with one control. */
const SILENT = 4 * HOUR;

/**
 * What controls found out, as alerts: a promise that is broken, one that nobody could try, no prober at all. `own`: the
 * platform's own prober is wanted. Where it is not and no other is enrolled, nobody is missed.
 */
export async function watchControls(db: Kysely<Database>, now: Date, own = true): Promise<void> {
  const silence = await proberSilence(db, own ? ['inside', 'outside'] : ['outside']);
  const expected = own || silence !== undefined;
  for (const one of await listControls(db, now)) {
    const subject = `control:${one.id}`;
    const told = { subject, detail: { claims: one.claims, at: one.at } };
    if (one.verdict === 'broken')
      await alert(db, {
        ...told,
        severity: 'critical',
        code: 'control_broken',
        message: `Not true: ${one.sentence} ${one.reason ?? ''}`,
        next: `See: bastide controls:show ${one.id}; put it right, then: bastide controls:run ${one.id}`,
      });
    else if (one.verdict !== 'inconclusive') await settle(db, 'control_broken', subject);
    if (expected && one.freshness === 'overdue')
      await alert(db, {
        ...told,
        severity: 'warning',
        code: 'control_overdue',
        message: `Not proven for too long: ${one.sentence}`,
        next:
          one.position === 'outside'
            ? 'It needs a prober on another machine: bastide controls:enrol'
            : `See why: bastide controls:run ${one.id}`,
      });
    else await settle(db, 'control_overdue', subject);
  }
  if (silence !== undefined && silence > SILENT)
    await alert(db, {
      severity: 'critical',
      code: 'prober_silent',
      subject: 'prober',
      message: `No prober was heard of for ${Math.round(silence / MINUTE)} minutes`,
      next: 'See: npm run doctor, and the log of the container bastide-prober',
    });
  else await settle(db, 'prober_silent', 'prober');
}
