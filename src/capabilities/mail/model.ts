import { z } from 'zod';

const AbsolutePath = z.string().regex(/^\/[^\0]+$/, 'an absolute path');

/** The server that letters are sent by: a part of the platform's settings, so that whoever sets it is root. */
export const MailSettings = z
  .strictObject({
    host: z
      .string()
      .max(253)
      .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$|^[0-9a-f:]*:[0-9a-f:.]+$/, {
        message: 'a host name or an address',
      })
      .meta({ description: 'The server', example: 'mail.example.org' }),
    port: z.int().min(1).max(65_535).default(465).meta({
      description: 'TCP port: TLS from the start on 465, by STARTTLS on every other',
    }),
    from: z.email().meta({ description: 'Who letters come from', example: 'bastide@example.org' }),
    user: z.string().min(1).max(254).optional().meta({ description: 'Who the platform is there' }),
    passwordFile: AbsolutePath.optional().meta({
      description: 'A file that only root reads, with the password in it',
    }),
    caFile: AbsolutePath.optional().meta({
      description: 'PEM of its authority, where it is none of the public ones',
    }),
    private: z.boolean().default(false).meta({
      description: 'It is in a private network, and meant to be',
    }),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    message: 'user and passwordFile go together',
  });
export type MailSettings = z.infer<typeof MailSettings>;

/** What a letter is about. `alert`: what `bastide alerts` shows; the others: what happened to an account. */
export const LetterKind = z.enum([
  'alert',
  'password_changed',
  'address_changed',
  'account_ended',
  'app_added',
  'app_removed',
  'codes_renewed',
  'passkey_added',
  'passkey_removed',
  'recovery_code_used',
  'signed_in',
  'test',
]);
export type LetterKind = z.infer<typeof LetterKind>;

/** What the words of a letter are made of, as the database wrote it down. */
export const LetterDetail = {
  alert: z.object({
    code: z.string(),
    severity: z.enum(['warning', 'critical']),
    message: z.string(),
    next: z.string(),
    organization: z.string().nullable(),
    project: z.string().nullable(),
  }),
  passkey: z.object({ name: z.string() }),
  code: z.object({ left: z.int() }),
  session: z.object({ device: z.string(), address: z.string().nullable() }),
};

/** How mail goes. */
export const MailView = z.object({
  enabled: z.boolean(),
  server: z.string().nullable(),
  from: z.string().nullable(),
  sentAt: z.iso.datetime().nullable().meta({ description: 'When the server last took a letter' }),
  failingSince: z.iso.datetime().nullable(),
  failure: z.string().nullable().meta({ description: 'Why it fails now' }),
  waiting: z.int().meta({ description: 'Letters that are not sent yet' }),
  sent: z.int().meta({ description: 'Letters of the last thirty days' }),
  dropped: z.int().meta({ description: 'Letters of the last thirty days that nobody got' }),
});
export type MailView = z.infer<typeof MailView>;

/** Days that a letter is kept after it was sent or dropped. */
export const KEPT_DAYS = 30;

export const TestLetter = z.strictObject({ accountId: z.uuid() });
