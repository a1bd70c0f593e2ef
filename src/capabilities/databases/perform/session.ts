import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { Program } from '../../terminals/model.ts';
import type { DatabasesDeps } from '../deps.ts';
import { databaseNotRunning } from '../errors.ts';
import { engineOf, instanceOf } from '../instance.ts';
import { DatabasesInput } from '../operations.ts';
import { containerOf } from '../session.ts';
import * as store from '../store.ts';
import { NOBODY } from './people.ts';
import { openCredential } from './users.ts';

/** The engine's own client at a person's terminal. It ends with the session, however that ends. */
export async function session(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  context: StepContext,
): Promise<Outcome<void>> {
  const { operation } = context;
  const start = async (): Promise<Outcome<Program>> => {
    const container = await containerOf(deps.engine, row.id);
    if (isRefusal(container)) return container;
    if (!container) return databaseNotRunning(row.name);
    const credential = await openCredential(deps, row, row.credential);
    if (isRefusal(credential)) return credential;
    const { argv, env } = engineOf(deps, row).client(instanceOf(row), credential);
    // No pager: there is none in the container, and what is shown scrolls.
    return { container, argv, env: { ...env, PAGER: '' }, user: NOBODY };
  };
  const ended = await deps.conduct(context, DatabasesInput.session.parse(operation.input), start);
  if (isRefusal(ended)) return ended;
  await store.writeChunk(deps.db, operation.id, 'exit', String(ended.code));
}
