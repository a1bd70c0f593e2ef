import { z } from 'zod';
import { FetchKeys } from './ci.ts';
import { CheckProvider, FinishLogin } from './sso.ts';

/** Inputs of the steps of access, read again before anything is asked. */
export const AccessStep = {
  checkProvider: CheckProvider.extend({ operationId: z.uuid() }),
  finishSso: FinishLogin,
  fetchKeys: FetchKeys.extend({ operationId: z.uuid() }),
};
