import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';
import { browserName, type Call, call, type SignedIn } from './api.ts';

export const canUsePasskeys = browserSupportsWebAuthn;

/** The browser says who gave up, not why; a person knows. */
const asked = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    const name = error instanceof Error ? error.name : '';
    if (name === 'InvalidStateError') throw new Error('This passkey is one of yours already.');
    throw new Error('No passkey was used. Try again, or choose another way.');
  });

type SignInOptions = { options: PublicKeyCredentialRequestOptionsJSON };

/** Signs in by passkey alone (WebAuthn level 3, user verification required). */
export async function signInByPasskey(): Promise<SignedIn> {
  const { options } = await call<SignInOptions>('POST', '/v1/sessions/passkey/options');
  const answer = await asked(startAuthentication({ optionsJSON: options }));
  return call('POST', '/v1/sessions/passkey', { answer, device: browserName() });
}

/** Proves the second factor of the session by passkey. */
export async function proveByPasskey(as: Call): Promise<SignedIn> {
  const { options } = await as<SignInOptions>('POST', '/v1/account/session/passkey/options');
  const answer = await asked(startAuthentication({ optionsJSON: options }));
  return as('POST', '/v1/account/session/passkey', { answer });
}

export interface Added {
  readonly session: SignedIn | null;
  readonly recoveryCodes: readonly string[];
}

/** Makes a passkey for the account of the session. */
export async function addPasskey(as: Call, name: string): Promise<Added> {
  const { options } = await as<{ options: PublicKeyCredentialCreationOptionsJSON }>(
    'POST',
    '/v1/account/passkeys/options',
  );
  const answer = await asked(startRegistration({ optionsJSON: options }));
  return as('POST', '/v1/account/passkeys', { name, answer });
}
