import { Cron } from 'croner';
import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { submit } from '../../engine/submit.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { label } from './model.ts';
import { type ObserveDeps, observeApps } from './observe.ts';
import { appTarget } from './operations.ts';
import { planConverge } from './plan.ts';
import * as store from './store.ts';

/** Cron jobs missed by more than this, while the agent was away, are not caught up. */
const LATE_MS = 5 * 60_000;

/**
 * Drift: where an app does not run as wanted though nobody asked, an operation puts it right and is recorded. One whose
 * data is on its way back waits for it: it would find an empty volume and believe it.
 */
export async function healDrift(deps: ObserveDeps): Promise<void> {
  // Before the look: what begins meanwhile is looked at half-way.
  const busy = await store.busyTargets(deps.db);
  const apps = await observeApps(deps);
  if (isRefusal(apps)) return;
  const comingBack = await store.comingBack(deps.db);
  for (const { facts, organizationId } of apps) {
    if (comingBack.has(facts.app.projectId)) continue;
    const target = appTarget(facts.app.id);
    if (busy.has(target) || planConverge(facts, Date.now(), false).length === 0) continue;
    await deps.db.transaction().execute((tx) =>
      submit(tx, {
        kind: 'apps.converge',
        target,
        organizationId,
        projectId: facts.app.projectId,
        appId: facts.app.id,
        input: {},
        actor: store.DRIFT,
        reason: 'what runs is not what is wanted',
      }),
    );
  }
}

/** The newest time at which the job was due, if it is not long past. A minute is the finest that a schedule knows. */
export function dueAt(schedule: string, since: Date, now: Date): Date | null {
  const cron = new Cron(schedule, { timezone: 'UTC' });
  const from = new Date(Math.max(since.getTime(), now.getTime() - LATE_MS));
  let newest: Date | null = null;
  for (let next = cron.nextRun(from); next && next <= now; next = cron.nextRun(next)) newest = next;
  return newest;
}

/** Submits the cron jobs that are due; each due time once, whoever looks. */
export async function runDueCron(db: Kysely<Database>, now: Date): Promise<void> {
  for (const release of await store.cronReleases(db)) {
    for (const job of release.cron) {
      const due = dueAt(job.schedule, release.live_at ?? now, now);
      if (!due) continue;
      const name = `${job.schedule} ${job.command.join(' ')}`.slice(0, 500);
      await db.transaction().execute(async (tx) => {
        if (await store.cronWasRun(tx, release.appId, name, due)) return;
        const { operationId } = await submit(tx, {
          kind: 'apps.cron',
          target: `cron:${release.appId}:${name}`.slice(0, 200),
          organizationId: release.organization_id,
          projectId: release.project_id,
          appId: release.appId,
          input: { command: job.command },
          actor: 'system:cron',
          reason: job.schedule,
        });
        await store.cronDue(tx, release.appId, name, due, operationId);
      });
    }
  }
}

type Noted = readonly store.NewReplica[];

async function replicasNow(deps: Pick<ObserveDeps, 'db' | 'engine'>): Promise<Outcome<Noted>> {
  const tasks = await deps.engine.tasks({});
  if (isRefusal(tasks)) return tasks;
  const apps = new Map((await store.liveApps(deps.db)).map((app) => [app.id, app.organization_id]));
  return tasks.flatMap((task) => {
    const appId = task.labels[label.app];
    const organizationId = appId && apps.get(appId);
    if (!appId || !organizationId || task.wantedState === 'shutdown' || task.labels[label.oneOff]) return [];
    return [
      {
        task_id: task.id,
        organization_id: organizationId,
        app_id: appId,
        process: task.labels[label.process] ?? '',
        version: Number(task.labels[label.version] ?? 0),
        state: task.state,
        error: task.error ?? null,
        since: task.at,
      },
    ];
  });
}

/** Facts for people: what runs now. Written where it is not what was written last. */
export function makeReplicaNotes(deps: Pick<ObserveDeps, 'db' | 'engine'>): () => Promise<void> {
  let last: string | undefined;
  return async () => {
    const rows = await replicasNow(deps);
    if (isRefusal(rows)) return;
    const text = JSON.stringify(rows);
    if (text === last) return;
    await store.replaceReplicas(deps.db, rows);
    last = text;
  };
}
