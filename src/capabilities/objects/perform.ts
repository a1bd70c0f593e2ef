import { z } from 'zod';
import type { Perform } from '../../engine/capability.ts';
import type { ObjectsDeps } from './deps.ts';
import { stepUnknown } from './errors.ts';
import { ObjectsInput } from './model.ts';
import { awaitRelease, giveConfig, release, takeConfig } from './perform/apps.ts';
import { check } from './perform/check.ts';
import * as store from './store.ts';

const Attachment = z.object({ attachmentId: z.uuid() });

/** Performs the steps on object stores. */
export function makeObjectsPerform(deps: ObjectsDeps): Perform {
  return async ({ kind, input }, context) => {
    switch (kind) {
      case 'check': {
        const { storeId, generation } = ObjectsInput.credential.parse(input);
        return check(deps, storeId, generation);
      }
      case 'dropCredential': {
        const { storeId, generation } = ObjectsInput.credential.parse(input);
        return store.dropCredential(deps.db, storeId, generation);
      }
      case 'forget':
        return store.forgetStore(deps.db, ObjectsInput.store.parse(input).storeId);
      case 'giveConfig':
        return giveConfig(deps, Attachment.parse(input).attachmentId);
      case 'takeConfig':
        return takeConfig(deps, Attachment.parse(input).attachmentId);
      case 'release':
        return release(deps, Attachment.parse(input).attachmentId, context);
      case 'awaitRelease':
        return awaitRelease(deps, Attachment.parse(input).attachmentId, context);
      case 'forgetAttachment':
        return store.forgetAttachment(deps.db, Attachment.parse(input).attachmentId);
      default:
        return stepUnknown(kind);
    }
  };
}
