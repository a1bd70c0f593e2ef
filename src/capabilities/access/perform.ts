import { openText, wrapText } from '../../adapters/envelope/platform.ts';
import type { Provider } from '../../adapters/openid/port.ts';
import type { Perform } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { AccessDeps } from './deps.ts';
import { ssoRefused, ssoStepUnknown, ssoUnavailable, ssoUnknown } from './errors/sso.ts';
import { aboutSecret } from './model/sso.ts';
import { AccessStep } from './model/steps.ts';
import * as store from './store/asking.ts';
import { openSeed } from './totp.ts';

type Row = NonNullable<Awaited<ReturnType<typeof store.providerById>>>;

/** The client secret. One that was just sent is taken over: from then on only the root key opens it. */
async function secretOf(deps: AccessDeps, row: Row): Promise<Outcome<Secret>> {
  const about = aboutSecret(row.id);
  if (!row.sent_secret)
    return row.wrapped_secret ? openText(deps.roots, about, row.wrapped_secret) : ssoUnavailable();
  const secret = openSeed(deps.accountsKey, about, row.sent_secret);
  if (!secret) return ssoUnavailable();
  const wrapped = await wrapText(deps.roots, about, secret);
  if (isRefusal(wrapped)) return wrapped;
  await store.keepSecret(deps.db, row.id, row.sent_secret, wrapped);
  return secret;
}

async function providerOf(deps: AccessDeps, id: string): Promise<Outcome<Provider>> {
  const row = await store.providerById(deps.db, id);
  if (!row) return ssoUnknown(id);
  const secret = await secretOf(deps, row);
  if (isRefusal(secret)) return secret;
  return { issuer: row.issuer, clientId: row.client_id, secret, ca: row.ca ?? undefined };
}

async function checkProvider(deps: AccessDeps, input: unknown): Promise<Outcome<void>> {
  const { providerId, operationId } = AccessStep.checkProvider.parse(input);
  const provider = await providerOf(deps, providerId);
  const metadata = isRefusal(provider) ? provider : await deps.openid.discover(provider);
  const seen = isRefusal(metadata) ? { failure: metadata.message } : { metadata };
  await store.noteProvider(deps.db, providerId, seen, operationId, deps.now());
  return isRefusal(metadata) ? metadata : undefined;
}

async function finishSso(deps: AccessDeps, input: unknown): Promise<Outcome<void>> {
  const { loginId } = AccessStep.finishSso.parse(input);
  const login = await store.waitingLogin(deps.db, loginId, deps.now());
  if (!login?.code) return ssoRefused();
  const provider = await providerOf(deps, login.provider_id);
  const subject = isRefusal(provider)
    ? provider
    : await deps.openid.subject(provider, {
        redirectUri: login.redirect_uri,
        code: login.code,
        state: login.state,
        iss: login.answer_iss ?? undefined,
        expected: { state: login.state, nonce: login.nonce, verifier: new Secret(login.verifier) },
      });
  const came = isRefusal(subject) ? { failure: subject.code } : { subject };
  await store.noteLogin(deps.db, loginId, came, deps.now());
  return isRefusal(subject) ? subject : undefined;
}

/** Fetches an issuer's public keys; `operationId`: who asked for it, null where nobody did. */
async function fetchKeys(
  deps: Pick<AccessDeps, 'db' | 'openid' | 'now'>,
  issuer: string,
  operationId: string | null,
): Promise<Outcome<void>> {
  const keys = await deps.openid.keys(issuer);
  const seen = isRefusal(keys) ? { failure: keys.message } : { keys };
  await store.noteKeys(deps.db, issuer, seen, operationId, deps.now());
  return isRefusal(keys) ? keys : undefined;
}

/** Issuers that are asked at the same time. */
const AT_ONCE = 8;

/** Fetches the public keys that CI jobs of rules are verified with, where they are old or one is missing. */
export async function keepKeys(deps: Pick<AccessDeps, 'db' | 'openid' | 'now'>): Promise<void> {
  const issuers = [...(await store.issuersToAsk(deps.db, deps.now()))];
  const some = async () => {
    for (let issuer = issuers.shift(); issuer !== undefined; issuer = issuers.shift())
      await fetchKeys(deps, issuer, null);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
}

/** Performs the steps of access. */
export const performAccess =
  (deps: AccessDeps): Perform =>
  async (step) => {
    if (step.kind === 'check-provider') return checkProvider(deps, step.input);
    if (step.kind === 'finish-sso') return finishSso(deps, step.input);
    if (step.kind !== 'fetch-keys') return ssoStepUnknown();
    const { issuer, operationId } = AccessStep.fetchKeys.parse(step.input);
    return fetchKeys(deps, issuer, operationId);
  };
