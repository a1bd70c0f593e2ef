import { renderCheckpoint } from '../../kernel/note.ts';
import type { LogDeps } from './deps.ts';
import { FLOOR_DAYS, type RetentionView } from './model/retention.ts';
import { rootAt } from './seal.ts';
import type { Db } from './store/leaves.ts';
import * as store from './store/retention.ts';
import { retiredOrigin } from './verify.ts';

const DAY = 86_400_000;
/** Entries that one statement removes: a transaction that is over soon. */
const BATCH = 20_000;

const cutoffOf = (days: number, now: Date): Date => new Date(now.getTime() - days * DAY);

/**
 * Removes what is older than the policy says, batch by batch. Each batch goes with a statement that the log's key
 * signs: how many leading entries, the tree's root over them, and before when they were sealed.
 */
export async function retireOld(deps: LogDeps, batch = BATCH): Promise<number> {
  for (let gone = 0; ; ) {
    const policy = await store.policy(deps.db);
    if (!policy) return gone;
    const cutoff = cutoffOf(Math.max(policy.days, FLOOR_DAYS), deps.now());
    const { through, entries } = await store.due(deps.db, cutoff, batch);
    if (entries === 0) return gone;
    const text = renderCheckpoint({
      origin: retiredOrigin(deps.signer.key.name),
      size: through,
      root: await rootAt(deps.db, through),
      more: [`before ${cutoff.toISOString()}`, `time ${deps.now().toISOString()}`],
    });
    const some = await store.retire(deps.db, through, cutoff, deps.signer.sign(text));
    if (some === 0) return gone;
    gone += some;
  }
}

/** The policy, and what it, or another number of days, would remove now. */
export async function retentionView(db: Db, asked: number | undefined, now: Date): Promise<RetentionView> {
  const policy = await store.policy(db);
  const retired = await store.retired(db);
  const days = asked ?? policy?.days;
  const due = days === undefined ? undefined : await store.due(db, cutoffOf(days, now), 1e12);
  return {
    days: policy?.days ?? null,
    floorDays: FLOOR_DAYS,
    setBy: policy?.setBy ?? null,
    setAt: policy?.setAt.toISOString() ?? null,
    retired: retired.entries,
    retiredAt: retired.at?.toISOString() ?? null,
    due:
      days === undefined || !due
        ? null
        : { days, before: cutoffOf(days, now).toISOString(), entries: due.entries, heldBy: due.heldBy },
  };
}
