import type { StepContext } from '../../../engine/capability.ts';
import { submit } from '../../../engine/submit.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { KeysDeps } from '../deps.ts';
import { inputInvalid, noKey, rotationRaced, stillSealed } from '../errors.ts';
import { BROKEN, type SealedColumn, sealedColumns } from '../sealed.ts';
import * as store from '../store.ts';

/** Rows in a step: what a kill can cost is sealing these once more. */
const BATCH = 200;

/** Codes that say "this text opens nowhere"; anything else may be right in a moment. */
const HOPELESS = new Set(['seal_broken', 'key_destroyed']);

export async function createProjectKey(deps: KeysDeps, projectId: string): Promise<Outcome<void>> {
  const key = await deps.keychain.createProjectKey(projectId);
  if (isRefusal(key)) return key;
  await store.saveProjectKey(deps.db, projectId, key);
  return undefined;
}

/** A new generation, once per operation. */
export async function newGeneration(
  deps: KeysDeps,
  projectId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const key = await deps.keychain.createProjectKey(projectId);
  if (isRefusal(key)) return key;
  const { id } = context.operation;
  if (await store.switchGeneration(deps.db, projectId, key, id)) return undefined;
  const mine = (await store.generations(deps.db, projectId)).some((g) => g.operationId === id);
  return mine ? undefined : rotationRaced();
}

interface Target {
  readonly projectId: string;
  readonly recipient: string;
  readonly keyId: string;
}

async function current(deps: KeysDeps, projectId: string): Promise<Target | undefined> {
  const keys = await store.projectKeys(deps.db, projectId);
  const generation = (await store.generations(deps.db, projectId)).find(
    (g) => g.supersededAt === null && !g.destroyed,
  );
  const key = keys?.keys.find(({ keyId }) => keyId === generation?.keyId);
  return key && { projectId, recipient: key.recipient, keyId: key.keyId };
}

/** The row's texts, sealed to the current generation; one that nothing opens is kept behind a word that says so. */
async function resealed(
  deps: KeysDeps,
  target: Target,
  row: store.SealedRow,
  unreadable: (name: string) => void,
): Promise<Outcome<ReadonlyMap<string, string>>> {
  const keys = await store.projectKeys(deps.db, target.projectId);
  if (!keys) return noKey();
  const texts = new Map<string, string>();
  for (const { binding, sealed } of row.values) {
    if (sealed.startsWith(`${target.keyId}.`) || sealed.startsWith(`${BROKEN}.`)) continue;
    const opened = await deps.keychain.open(keys, binding, sealed);
    if (isRefusal(opened)) {
      if (!HOPELESS.has(opened.code)) return opened;
      unreadable(binding.name);
      texts.set(binding.name, `${BROKEN}.${sealed}`);
      continue;
    }
    const text = await deps.seal(target.recipient, binding, opened);
    if (isRefusal(text)) return text;
    texts.set(binding.name, text);
  }
  return texts;
}

/** Seals up to a batch of a column's values to the current generation, while everything serves. */
export async function reseal(
  deps: KeysDeps,
  input: { projectId: string; table: string; column: string },
  context: StepContext,
): Promise<Outcome<void>> {
  const column = sealedColumns.find(
    (one: SealedColumn) => one.table === input.table && one.column === input.column,
  );
  if (!column) return inputInvalid();
  const target = await current(deps, input.projectId);
  if (!target) return noKey();
  const rows = await store.staleRows(deps.db, column, input.projectId, target.keyId, BATCH);
  let done = 0;
  for (const row of rows) {
    if (context.signal.aborted) break;
    const texts = await resealed(deps, target, row, (name) =>
      context.log(`${name} opens with no key: it is left as it is. Set it again.`, 'keys'),
    );
    if (isRefusal(texts)) return texts;
    if (await store.replaceSealed(deps.db, column, row, texts)) done += 1;
  }
  context.log(`${column.what}: ${done} sealed to the new key`, 'keys');
  return undefined;
}

export async function destroyGeneration(
  deps: KeysDeps,
  input: { projectId: string; generation: number },
): Promise<Outcome<void>> {
  const gone = await store.destroyGeneration(deps.db, input.projectId, input.generation);
  return gone ? undefined : stillSealed(input.generation);
}

/** Asks the other capabilities to replace what the compromised key protected: operations of their own. */
export async function followUp(
  deps: KeysDeps,
  projectId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const requests = await deps.afterRetire(projectId);
  await deps.db.transaction().execute(async (tx) => {
    for (const request of requests)
      await submit(tx, {
        ...request,
        actor: context.operation.requestedBy,
        reason: `follows ${context.operation.id}`,
      });
  });
  for (const { kind } of requests) context.log(`asked for ${kind}`, 'keys');
  return undefined;
}
