import type { Operation } from '../../engine/operation.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import { releaseFailed, storeAttached, storeNotFound } from './errors.ts';
import type { AttachmentFacts, StoreFacts } from './facts.ts';

type Planned = Outcome<readonly Step[]>;

const step = (kind: string, key: string, summary: string, input: unknown): Step => ({
  capability: 'objects',
  kind,
  key: `objects.${kind}:${key}`,
  summary,
  input,
});

/** From the config vars to what runs: one release per app, and none where nothing runs. */
function follow(operation: Operation, { id, app, live, release }: AttachmentFacts): Planned {
  if (!live) return [];
  const input = { attachmentId: id };
  // Ids carry their time: one that is older than this operation belongs to an earlier attempt.
  const stale = release !== null && release.id < operation.id;
  const failed = release?.status === 'failed' || release?.status === 'cancelled';
  if (release === null || (stale && failed)) return [step('release', id, `Release ${app}`, input)];
  if (failed) return releaseFailed(app);
  if (release.status === 'succeeded') return [];
  return [step('awaitRelease', `${id}-${release.id}`, `Wait until ${app} uses them`, input)];
}

/** The app has the credential in use, in its config vars and in what runs. */
const bring = (operation: Operation, credential: number, attachment: AttachmentFacts): Planned =>
  attachment.credential < credential
    ? [
        step('giveConfig', `${attachment.id}-${credential}`, `Set the config vars of ${attachment.app}`, {
          attachmentId: attachment.id,
        }),
      ]
    : follow(operation, attachment);

/**
 * objects.bind and objects.replace: the provider is asked first; only a credential that it takes is used, and then
 * every app gets it. One that it refuses is forgotten, and with the first one the store itself.
 */
export function planCredential(
  operation: Operation,
  facts: StoreFacts,
  { storeId, generation }: { storeId: string; generation: number },
): Planned {
  const { store } = facts;
  const waits = facts.credentials.includes(generation) && generation > (store?.credential ?? 0);
  if (operation.failure) {
    if (!store) return [];
    if (waits)
      return [
        step('dropCredential', `${storeId}-${generation}`, 'Forget the key that was not taken', {
          storeId,
          generation,
        }),
      ];
    return store.credential === 0 && facts.credentials.length === 0
      ? [step('forget', storeId, `Forget ${store.name}`, { storeId })]
      : [];
  }
  if (!store) return storeNotFound('of this operation');
  if (waits)
    return [
      step('check', `${storeId}-${generation}`, 'Ask the provider whether it takes the key', {
        storeId,
        generation,
      }),
    ];
  for (const attachment of facts.attachments.filter(({ detaching }) => !detaching)) {
    const steps = bring(operation, store.credential, attachment);
    if (!Array.isArray(steps) || steps.length > 0) return steps;
  }
  return [];
}

export function planAttach(
  operation: Operation,
  facts: StoreFacts,
  input: { attachmentId: string },
): Planned {
  const attachment = facts.attachments.find(({ id }) => id === input.attachmentId);
  if (operation.failure || !facts.store || !attachment) return [];
  return bring(operation, facts.store.credential, attachment);
}

export function planDetach(
  operation: Operation,
  facts: StoreFacts,
  input: { attachmentId: string },
): Planned {
  const attachment = facts.attachments.find(({ id }) => id === input.attachmentId);
  if (operation.failure || !attachment) return [];
  const { id, app } = attachment;
  const key = { attachmentId: id };
  if (attachment.credential > 0) return [step('takeConfig', id, `Remove the config vars of ${app}`, key)];
  const rest = follow(operation, attachment);
  return Array.isArray(rest) && rest.length === 0
    ? [step('forgetAttachment', id, `Forget that ${app} knew it`, key)]
    : rest;
}

/** objects.unbind: what is in the bucket stays; the platform forgets where it is and the key to it. */
export function planUnbind(
  operation: Operation,
  facts: StoreFacts,
  { storeId }: { storeId: string },
): Planned {
  if (operation.failure || !facts.store) return [];
  if (facts.attachments.length > 0)
    return storeAttached(
      facts.store.name,
      facts.attachments.map(({ app }) => app),
    );
  return [step('forget', storeId, `Forget ${facts.store.name} and its key`, { storeId })];
}
