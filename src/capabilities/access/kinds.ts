import type { OperationKind } from '../../engine/capability.ts';
import type { AccessDeps } from './deps.ts';
import { FetchKeys } from './model/ci.ts';
import { CheckProvider, FinishLogin } from './model/sso.ts';
import { planCheck, planFinish, planKeys } from './plan.ts';
import * as store from './store/asking.ts';

/** The operations of access. People wait for all of them, so that none queues behind builds. */
export const accessKinds = ({ db, now }: Pick<AccessDeps, 'db' | 'now'>): OperationKind[] => {
  const check: OperationKind<{ asked: boolean }> = {
    kind: 'access.check-provider',
    stream: true,
    observe: async ({ id, input }) => ({
      asked: await store.wasChecked(db, CheckProvider.parse(input).providerId, id),
    }),
    plan: ({ id, input, failure }, { asked }) =>
      failure ? [] : planCheck(CheckProvider.parse(input).providerId, id, asked),
  };
  const finish: OperationKind<{ waiting: boolean }> = {
    kind: 'access.finish-sso',
    stream: true,
    observe: async ({ input }) => ({
      waiting: (await store.waitingLogin(db, FinishLogin.parse(input).loginId, now())) !== undefined,
    }),
    plan: ({ input, failure }, { waiting }) =>
      failure ? [] : planFinish(FinishLogin.parse(input).loginId, waiting),
  };
  const keys: OperationKind<{ asked: boolean }> = {
    kind: 'access.fetch-keys',
    stream: true,
    observe: async ({ id, input }) => ({
      asked: await store.wasAsked(db, FetchKeys.parse(input).issuer, id),
    }),
    plan: ({ id, input, failure }, { asked }) =>
      failure ? [] : planKeys(FetchKeys.parse(input).issuer, id, asked),
  };
  return [check as OperationKind, finish as OperationKind, keys as OperationKind];
};
