/** What answers without a token: one more is a decision, and is taken here too. */
export const OPEN = new Set([
  '/up',
  '/openapi.json',
  '/v1/accounts',
  '/v1/accounts/recover',
  '/v1/ci/token',
  '/v1/prober/enrol',
  '/v1/sessions',
  '/v1/sessions/bootstrap',
  '/v1/sessions/device',
  '/v1/sessions/device/token',
  '/v1/sessions/passkey',
  '/v1/sessions/passkey/options',
  '/v1/sessions/sso',
  '/v1/sessions/sso/answer',
  '/v1/sessions/sso/finish',
  '/v1/ssh/sessions',
]);
