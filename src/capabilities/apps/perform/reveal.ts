import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { AppsDeps } from '../deps.ts';
import { appNotFound } from '../errors.ts';
import * as store from '../store.ts';

/** Sends the values of config vars that are not secret to the person who asked. A secret one is never sent. */
export async function reveal(deps: AppsDeps, context: StepContext): Promise<Outcome<void>> {
  const app = await store.findApp(deps.db, context.operation.appId!);
  if (!app) return appNotFound('this');
  for (const row of await store.configOf(deps.db, app.id)) {
    if (row.secret) continue;
    const value = await deps.open(app.project_id, { owner: app.id, name: row.name }, row.sealed);
    if (isRefusal(value)) return value;
    await store.writeChunk(deps.db, context.operation.id, row.name, value.reveal());
  }
  return undefined;
}
