import { type Step, stepsOf } from '../../kernel/step.ts';

const step = stepsOf('access');

/** Asks a provider about itself once; `asked`: this operation has. */
export const planCheck = (providerId: string, operationId: string, asked: boolean): readonly Step[] => {
  const input = { providerId, operationId };
  return asked ? [] : [step('check-provider', providerId, 'Ask the OpenID provider about itself', input)];
};

/** Exchanges what came back with a browser, once: a login that is done, failed or gone leaves nothing to do. */
export const planFinish = (loginId: string, waiting: boolean): readonly Step[] =>
  waiting ? [step('finish-sso', loginId, 'Ask the OpenID provider who came back', { loginId })] : [];

/** Fetches the public keys of an issuer once; `asked`: this operation has. */
export const planKeys = (issuer: string, operationId: string, asked: boolean): readonly Step[] =>
  asked ? [] : [step('fetch-keys', issuer, `Fetch the public keys of ${issuer}`, { issuer, operationId })];
