import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import type { DatabasesDeps } from '../deps.ts';
import { databaseGone, databaseReleaseSlow, projectWithoutKey } from '../errors.ts';
import { engineOf, instanceOf } from '../instance.ts';
import { CA_FILE, ownVariable } from '../model.ts';
import * as store from '../store.ts';
import { openCredential } from './users.ts';

/** A release may build up a long queue of releases before it; its health check alone may take a minute. */
const RELEASE_SECONDS = 900;

type Attachment = NonNullable<Awaited<ReturnType<typeof store.findAttachment>>>;

async function both(
  deps: DatabasesDeps,
  attachmentId: string,
): Promise<Outcome<{ attachment: Attachment; row: store.DatabaseRow }>> {
  const attachment = await store.findAttachment(deps.db, attachmentId);
  const row = attachment && (await store.findDatabase(deps.db, attachment.database_id));
  return row ? { attachment, row } : databaseGone();
}

const variables = (deps: DatabasesDeps, row: store.DatabaseRow, main: boolean): string[] => [
  ownVariable(row.name),
  ...(main ? [engineOf(deps, row).variable] : []),
];

/** Seals the address of the newest user into the app's config vars. */
export async function giveConfig(deps: DatabasesDeps, attachmentId: string): Promise<Outcome<void>> {
  const found = await both(deps, attachmentId);
  if (isRefusal(found)) return found;
  const { attachment, row } = found;
  const credential = await openCredential(deps, row, row.credential);
  if (isRefusal(credential)) return credential;
  const recipient = await store.recipientOf(deps.db, row.project_id);
  if (!recipient) return projectWithoutKey('The project');
  const url = engineOf(deps, row).url(instanceOf(row), credential, CA_FILE);
  const set: Record<string, string> = {};
  for (const name of variables(deps, row, attachment.main)) {
    const sealed = await deps.seal(recipient, { owner: attachment.app_id, name }, url);
    if (isRefusal(sealed)) return sealed;
    set[name] = sealed;
  }
  await store.giveConfig(
    deps.db,
    {
      id: attachment.id,
      appId: attachment.app_id,
      organizationId: attachment.organization_id,
      generation: row.credential,
    },
    set,
  );
}

export async function takeConfig(deps: DatabasesDeps, attachmentId: string): Promise<Outcome<void>> {
  const found = await both(deps, attachmentId);
  if (isRefusal(found)) return found;
  const { attachment, row } = found;
  await store.takeConfig(
    deps.db,
    { id: attachment.id, appId: attachment.app_id },
    variables(deps, row, attachment.main),
  );
}

/** This database is the app's main one of its variable; whichever was it before keeps its own name's variable. */
export async function makeMain(deps: DatabasesDeps, attachmentId: string): Promise<Outcome<void>> {
  const found = await both(deps, attachmentId);
  if (isRefusal(found)) return found;
  const { attachment, row } = found;
  const { variable } = engineOf(deps, row);
  const others = (await store.otherAttachments(deps.db, attachment.app_id, attachment.id))
    .filter((other) => other.main && deps.engines.get(other.engine)?.variable === variable)
    .map(({ id }) => id);
  await store.makeMain(deps.db, { id: attachment.id, appId: attachment.app_id }, others);
}

export async function release(
  deps: DatabasesDeps,
  attachmentId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const found = await both(deps, attachmentId);
  if (isRefusal(found)) return found;
  const { attachment, row } = found;
  await store.releaseApp(deps.db, {
    attachmentId,
    appId: attachment.app_id,
    organizationId: attachment.organization_id,
    projectId: row.project_id,
    description: attachment.detaching ? `Detach ${row.name}` : `Use ${row.name}`,
    actor: context.operation.requestedBy,
  });
}

export async function awaitRelease(
  deps: DatabasesDeps,
  attachmentId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const deadline = Date.now() + RELEASE_SECONDS * 1000;
  while (!context.signal.aborted) {
    const attachment = await store.findAttachment(deps.db, attachmentId);
    if (!attachment?.release_operation) return undefined;
    const status = await store.operationStatus(deps.db, attachment.release_operation);
    if (status !== 'queued' && status !== 'running') return undefined;
    if (Date.now() > deadline) return databaseReleaseSlow(attachment.app);
    await sleep(500, context.signal);
  }
  return undefined;
}
