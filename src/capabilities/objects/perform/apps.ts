import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import { sleep } from '../../../kernel/time.ts';
import type { ObjectsDeps } from '../deps.ts';
import { projectWithoutKey, releaseSlow, storeNotFound, storeNotReady } from '../errors.ts';
import { credentialBinding, type Part, variables } from '../model.ts';
import * as store from '../store.ts';

/** A release may wait behind others; its health check alone may take a minute. */
const RELEASE_SECONDS = 900;

const gone = () => storeNotFound('of this operation');

/** Seals what an app needs of the store into its config vars, together with the project's key of now. */
export async function giveConfig(deps: ObjectsDeps, attachmentId: string): Promise<Outcome<void>> {
  const attachment = await store.findAttachment(deps.db, attachmentId);
  const row = attachment && (await store.findStore(deps.db, attachment.store_id));
  if (!row) return gone();
  const credential = await store.findCredential(deps.db, row.id, row.credential);
  if (!credential) return storeNotReady(row.name);
  const binding = credentialBinding(row.id, row.credential);
  const secret = await deps.open(row.project_id, binding, credential.sealed);
  if (isRefusal(secret)) return secret;
  const values: Record<Part, Secret> = {
    endpoint: new Secret(row.endpoint),
    region: new Secret(row.region),
    bucket: new Secret(row.bucket),
    accessKeyId: new Secret(credential.access_key_id),
    secretAccessKey: secret,
  };
  const wanted = Object.entries(variables(row.name, attachment.main));
  return store.giveConfig(deps.db, attachment, row, async (recipient) => {
    if (recipient === null) return projectWithoutKey('The project');
    const set: store.ConfigVar[] = [];
    for (const [name, part] of wanted) {
      const sealed = await deps.seal(recipient, { owner: attachment.app_id, name }, values[part]);
      if (isRefusal(sealed)) return sealed;
      set.push({ name, sealed, secret: part === 'secretAccessKey' });
    }
    return set;
  });
}

export async function takeConfig(deps: ObjectsDeps, attachmentId: string): Promise<Outcome<void>> {
  const attachment = await store.findAttachment(deps.db, attachmentId);
  if (!attachment) return gone();
  await store.takeConfig(deps.db, attachment);
}

export async function release(
  deps: ObjectsDeps,
  attachmentId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const attachment = await store.findAttachment(deps.db, attachmentId);
  const row = attachment && (await store.findStore(deps.db, attachment.store_id));
  if (!row) return gone();
  await store.releaseApp(
    deps.db,
    attachment,
    `${attachment.detaching ? 'Detach' : 'Use'} ${row.name}`,
    context.operation.requestedBy,
  );
}

export async function awaitRelease(
  deps: ObjectsDeps,
  attachmentId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const deadline = Date.now() + RELEASE_SECONDS * 1000;
  while (!context.signal.aborted) {
    const attachment = await store.findAttachment(deps.db, attachmentId);
    const status = attachment?.releaseStatus;
    if (!attachment || (status !== 'queued' && status !== 'running')) return undefined;
    if (Date.now() > deadline) return releaseSlow(attachment.app);
    await sleep(500, context.signal);
  }
  return undefined;
}
