import { busy } from '../../engine/busy.ts';
import { submit } from '../../engine/submit.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { KeysDeps } from './deps.ts';
import { projectKeyTarget, ROOT_KEY_TARGET } from './model.ts';
import { observeRoot, observeRotation } from './observe.ts';
import { rootDue, rotationDue } from './plan.ts';
import * as store from './store.ts';

const DAY_MS = 86_400_000;
/** Rotations that one look starts: after a long time off not all of them at once. */
const AT_ONCE = 10;

type Deps = Pick<KeysDeps, 'db' | 'roots' | 'given' | 'rotationDays'>;

async function ask(
  deps: Deps,
  kind: string,
  target: string,
  projectId: string | null,
  organizationId: string | null,
) {
  if (await busy(deps.db, target)) return false;
  await deps.db.transaction().execute((tx) =>
    submit(tx, {
      kind,
      target,
      organizationId,
      projectId,
      input: projectId ? { projectId } : {},
      actor: 'schedule',
    }),
  );
  return true;
}

/** Asks for every rotation that is due and for what earlier ones left to do. */
export async function keepKeys(deps: Deps, now: number): Promise<Outcome<number>> {
  const rotationMs = deps.rotationDays * DAY_MS;
  let asked = 0;
  const root = await observeRoot(deps);
  if (isRefusal(root)) return root;
  const since = await store.rootSince(deps.db, root.ids.at(-1)!);
  const rootWork = rootDue(root, since, now, rotationMs);
  if (rootWork && (await ask(deps, `keys.${rootWork}-root`, ROOT_KEY_TARGET, null, null))) asked += 1;
  for (const project of await store.projectsWithKeys(deps.db)) {
    if (asked >= AT_ONCE) break;
    const work = rotationDue(await observeRotation(deps.db, project.id, null), now, rotationMs);
    if (!work) continue;
    const target = projectKeyTarget(project.id);
    if (await ask(deps, `keys.${work}`, target, project.id, project.organizationId)) asked += 1;
  }
  return asked;
}
