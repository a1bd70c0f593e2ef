import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type VerifiedAuthenticationResponse,
  type VerifiedRegistrationResponse,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { PasskeyAnswer, PasskeyMade } from './model/accounts.ts';

/** Where passkeys are made and used: the host of the platform, and nothing else. */
export interface Place {
  /** The relying party's id, the host. */
  readonly host: string;
  readonly origin: string;
}

export const placeOf = (domain: string): Place => ({
  host: `bastide.${domain}`,
  origin: `https://bastide.${domain}`,
});

export type Purpose = 'register' | 'sign-in';

/** Seconds in which a challenge has to be answered. */
export const CHALLENGE_SECONDS = 300;
const RANDOM = 16;
const UNTIL = 6;

/** Lives as long as the program: a challenge from before a restart is simply asked for anew. */
const key = randomBytes(32);

const mac = (purpose: Purpose, account: string | null, head: Uint8Array): Buffer =>
  createHmac('sha256', key)
    .update(`${purpose}\0${account ?? ''}\0`)
    .update(head)
    .digest();

/** A challenge for one purpose and one account (null: whoever has the passkey), that says by itself when it ends. */
export function newChallenge(purpose: Purpose, account: string | null, now: Date): Uint8Array<ArrayBuffer> {
  const until = Buffer.alloc(UNTIL);
  until.writeUIntBE(now.getTime() + CHALLENGE_SECONDS * 1000, 0, UNTIL);
  const head = Buffer.concat([randomBytes(RANDOM), until]);
  return new Uint8Array(Buffer.concat([head, mac(purpose, account, head)]));
}

/** Whether it is one of ours, for this purpose and account, and not over. Whether it was used, the database knows. */
export function isChallenge(purpose: Purpose, account: string | null, text: string, now: Date): boolean {
  const bytes = Buffer.from(text, 'base64url');
  const head = bytes.subarray(0, RANDOM + UNTIL);
  const expected = mac(purpose, account, head);
  const given = bytes.subarray(RANDOM + UNTIL);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  return head.readUIntBE(RANDOM, UNTIL) > now.getTime();
}

/** The challenge that an answer is to, as the authenticator saw it. */
export function challengeIn(clientDataJSON: string): string {
  try {
    const data: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString());
    const { challenge } = data as { challenge?: unknown };
    return typeof challenge === 'string' ? challenge : '';
  } catch {
    return '';
  }
}

export const hashChallenge = (challenge: string): Buffer => createHash('sha256').update(challenge).digest();

export const registrationOptions = (
  place: Place,
  account: { readonly id: string; readonly name: string },
  known: readonly string[],
  now: Date,
) =>
  generateRegistrationOptions({
    rpName: 'Bastide',
    rpID: place.host,
    userID: new Uint8Array(Buffer.from(account.id)),
    userName: account.name,
    challenge: newChallenge('register', account.id, now),
    attestationType: 'none',
    excludeCredentials: known.map((id) => ({ id })),
    authenticatorSelection: { userVerification: 'required', residentKey: 'required' },
  });

export const signInOptions = (place: Place, account: string | null, now: Date) =>
  generateAuthenticationOptions({
    rpID: place.host,
    challenge: newChallenge('sign-in', account, now),
    userVerification: 'required',
  });

/** The new passkey, where the answer is right and the person was verified; undefined for anything else. */
export async function madePasskey(
  place: Place,
  account: string,
  response: PasskeyMade,
  now: Date,
): Promise<Extract<VerifiedRegistrationResponse, { verified: true }>['registrationInfo'] | undefined> {
  const answer = await verifyRegistrationResponse({
    response: response as Parameters<typeof verifyRegistrationResponse>[0]['response'],
    expectedChallenge: (challenge) => isChallenge('register', account, challenge, now),
    expectedOrigin: place.origin,
    expectedRPID: place.host,
    requireUserPresence: true,
    requireUserVerification: true,
  }).catch(() => undefined);
  return answer?.verified && answer.registrationInfo.userVerified ? answer.registrationInfo : undefined;
}

/** What the authenticator proved, where it did and the person was verified; undefined for anything else. */
export async function usedPasskey(
  place: Place,
  account: string | null,
  response: PasskeyAnswer,
  credential: { readonly id: string; readonly publicKey: Uint8Array; readonly counter: number },
  now: Date,
): Promise<VerifiedAuthenticationResponse['authenticationInfo'] | undefined> {
  const answer = await verifyAuthenticationResponse({
    response: response as Parameters<typeof verifyAuthenticationResponse>[0]['response'],
    expectedChallenge: (challenge) => isChallenge('sign-in', account, challenge, now),
    expectedOrigin: place.origin,
    expectedRPID: place.host,
    credential: { ...credential, publicKey: new Uint8Array(credential.publicKey) },
    requireUserVerification: true,
  }).catch(() => undefined);
  return answer?.verified && answer.authenticationInfo.userVerified ? answer.authenticationInfo : undefined;
}
