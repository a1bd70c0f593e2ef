import { z } from 'zod';
import { AccountName } from '../model.ts';

/** Least characters, and least guesses as a power of ten, of a password. Nothing is asked of what it is made of. */
export const PASSWORD = { least: 12, most: 128, guessesLog10: 10 } as const;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Milliseconds. `half`: to prove the second factor. `idle`: unused for so long, a session ends. */
export const SESSION = {
  half: 10 * MINUTE,
  web: 12 * HOUR,
  cli: 30 * 24 * HOUR,
  idle: 7 * 24 * HOUR,
  fresh: 10 * MINUTE,
  kept: 90 * 24 * HOUR,
} as const;

/** Seconds: how long a device waits to be approved, and between two of its questions. */
export const DEVICE = { seconds: 600, interval: 5 } as const;

export const Email = z.email().max(254).meta({
  description: 'E-mail address; it finds an account and proves nothing',
  example: 'ada@example.org',
});

export const Password = z
  .string()
  .min(1)
  .max(PASSWORD.most)
  .meta({ description: `Any characters, ${PASSWORD.least} at least; long beats strange` });

export const Code = z
  .string()
  .min(1)
  .max(40)
  .meta({ description: 'Six digits of the authenticator app', example: '123456' });

export const RecoveryCode = z
  .string()
  .min(1)
  .max(60)
  .meta({ description: 'One of the recovery codes; each works once', example: '4T7QX-9KB2M-0ZC5R-W8HJN' });

export const DeviceName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@()/:;,+-]{0,79}$/u)
  .meta({ description: 'What signs in, for the list of sessions', example: 'bastide on ada-laptop' });

export const Factor = z.enum(['totp', 'recovery', 'passkey', 'device']);

export const SignedIn = z.object({
  token: z.string().meta({ description: 'Shown this one time only' }),
  account: AccountName,
  level: z
    .int()
    .meta({ description: '1: prove or enrol a second factor now, nothing else works; 2: signed in' }),
  factors: z.array(Factor).meta({ description: 'What can be proven; none: enrol one' }),
  expiresAt: z.iso.datetime(),
});

export const Session = z.object({
  id: z.uuid(),
  device: z.string(),
  kind: z.enum(['web', 'cli']),
  place: z.string().nullable().meta({ description: 'Address that it was made from' }),
  factor: Factor.nullable(),
  level: z.int(),
  createdAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  current: z.boolean().meta({ description: 'The one that this request was made with' }),
});

export const Factors = z.object({
  password: z.boolean(),
  totp: z.boolean(),
  passkeys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      createdAt: z.iso.datetime(),
      lastUsedAt: z.iso.datetime().nullable(),
    }),
  ),
  recoveryCodes: z.int().meta({ description: 'How many are left' }),
});

/** The recovery codes come with the first factor and when they are asked for anew. */
export const FactorAdded = z.object({
  session: SignedIn.nullable().meta({ description: 'A whole session instead of the half one; else null' }),
  recoveryCodes: z
    .array(z.string())
    .meta({ description: 'Shown this one time only; none where you have some' }),
});

export const PasskeyName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,62}$/)
  .meta({ description: 'What you call it', example: 'blue key' });

const bytes = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[A-Za-z0-9_-]*$/);

const answerHead = {
  id: bytes(2048),
  rawId: bytes(2048),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
  clientExtensionResults: z.record(z.string(), z.unknown()),
};

/** What a browser answers when a passkey is made (RegistrationResponseJSON of WebAuthn level 3). */
export const PasskeyMade = z.object({
  ...answerHead,
  response: z.object({
    clientDataJSON: bytes(16_384),
    attestationObject: bytes(65_536),
    transports: z.array(z.string().max(20)).max(10).optional(),
  }),
});
export type PasskeyMade = z.infer<typeof PasskeyMade>;

/** What a browser answers when a passkey is used (AuthenticationResponseJSON). */
export const PasskeyAnswer = z.object({
  ...answerHead,
  response: z.object({
    clientDataJSON: bytes(16_384),
    authenticatorData: bytes(65_536),
    signature: bytes(16_384),
    userHandle: bytes(1024).optional(),
  }),
});
export type PasskeyAnswer = z.infer<typeof PasskeyAnswer>;

export const PasskeyOptions = z.object({
  options: z.record(z.string(), z.unknown()).meta({ description: 'Hand it to the browser as it is' }),
});

const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
/** A code that a person reads on one device and types on another: no vowels, nothing that looks like another. */
export const UserCode = z
  .string()
  .regex(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  .meta({ description: 'The code that the device shows', example: 'WDJB-MJHT' });

/** PURE. A user code of random bytes; those that would favour some letters are passed over. */
export function userCode(random: Uint8Array): string | undefined {
  const fair = [...random].filter((byte) => byte < 240).map((byte) => ALPHABET[byte % ALPHABET.length]);
  return fair.length < 8 ? undefined : `${fair.slice(0, 4).join('')}-${fair.slice(4, 8).join('')}`;
}

export const DeviceStart = z.object({
  deviceCode: z.string().meta({ description: 'The device keeps it and asks with it' }),
  userCode: UserCode,
  verificationUri: z.url(),
  expiresIn: z.int().meta({ description: 'Seconds' }),
  interval: z.int().meta({ description: 'Seconds between two questions' }),
});

export const DeviceAsking = z.object({
  device: z.string(),
  place: z.string().nullable().meta({ description: 'Address that it asks from' }),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
