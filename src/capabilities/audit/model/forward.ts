import { z } from 'zod';

export const ForwardName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'small letters, digits and dashes, at most 31')
  .meta({ description: 'Its name in alerts', example: 'siem' });

export const ForwardInput = z.strictObject({
  name: ForwardName,
  host: z
    .string()
    .max(253)
    .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$|^[0-9a-f:]*:[0-9a-f:.]+$/, {
      message: 'a host name or an address',
    })
    .meta({ description: 'The server', example: 'logs.example.org' }),
  port: z.int().min(1).max(65_535).default(6514).meta({ description: 'TCP port; syslog over TLS has 6514' }),
  ca: z
    .string()
    .max(20_000)
    .regex(/^-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n -]+-----END CERTIFICATE-----\s*$/, 'PEM')
    .optional()
    .meta({ description: 'PEM of its authority, where it is none of the public ones' }),
  clientCertificate: z
    .boolean()
    .default(false)
    .meta({ description: 'Show it the certificate and key in /etc/bastide/forward' }),
  private: z.boolean().default(false).meta({ description: 'It is in a private network, and meant to be' }),
});
export type ForwardInput = z.infer<typeof ForwardInput>;

/** A server that gets the log, and how far it has got. */
export const ForwardView = z.object({
  name: z.string(),
  host: z.string(),
  port: z.int(),
  ownAuthority: z.boolean().meta({ description: 'Whether it is trusted by an authority of its own' }),
  clientCertificate: z.boolean(),
  private: z.boolean(),
  addedBy: z.string(),
  behind: z.int().meta({ description: 'Signed entries that it does not have yet' }),
  reachedAt: z.iso.datetime().nullable().meta({ description: 'When it last took something' }),
  failingSince: z.iso.datetime().nullable(),
  failure: z.string().nullable().meta({ description: 'Why it fails now' }),
  testedAt: z.iso.datetime().nullable().meta({ description: 'When a test message last arrived' }),
});
export type ForwardView = z.infer<typeof ForwardView>;

export const ForwardTest = z.strictObject({ name: ForwardName });
