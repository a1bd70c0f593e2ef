import { z } from 'zod';
import type { Outcome } from '../../../kernel/refusal.ts';
import { AuditSettings } from '../../audit/model/settings.ts';
import { MailSettings } from '../../mail/model.ts';
import { OperatorAccess } from '../../network/model.ts';
import { settingsInvalid } from './errors.ts';

const hostName = z
  .string()
  .max(253)
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, {
    message: 'not a host name in lower case',
  });

/** The platform's settings, /etc/bastide/bastide.json. Strict: an unknown key is an error. */
export const settingsSchema = z.strictObject({
  domain: hostName.default('localhost').meta({
    description: 'Apps answer at https://<app>.<domain>, the API at https://bastide.<domain>',
    example: 'example.org',
  }),
  acmeEmail: z
    .email()
    .optional()
    .meta({ description: 'Contact for the certificate authority; certificates come from ACME when set' }),
  acmeDirectory: z
    .url({ protocol: /^https$/ })
    .optional()
    .meta({ description: "The ACME directory; Let's Encrypt unless told" }),
  rootKeyFile: z
    .string()
    .regex(/^\/[^\0]+$/, 'an absolute path')
    .optional()
    .meta({
      description:
        'The root key from outside, read once at the start: a file that something else provides, or /dev/fd/3. Own file unless told',
      example: '/run/credentials/bastide-agent.service/root.key',
    }),
  keyRotationDays: z.int().min(1).max(3650).optional().meta({
    description:
      "Days after which the root key and each project's key are replaced by a new generation; 90 unless told",
    example: 90,
  }),
  platformEncryption: z.enum(['required', 'off']).optional().meta({
    description:
      "Whether the platform's own state (engine, database, registry, logs of containers) is kept encrypted; required unless told. Projects' storage always is",
    example: 'required',
  }),
  controls: z.boolean().optional().meta({
    description:
      'Whether the prober runs here: it makes two canary projects and attacks them on a schedule. Off unless told',
    example: true,
  }),
  audit: AuditSettings.optional().meta({
    description:
      'Who else keeps checkpoints of the audit log: a file, best on a mount from elsewhere, or a C2SP witness. A file on this machine always does',
    example: { witnesses: [{ name: 'elsewhere', url: 'https://witness.example.org' }] },
  }),
  mail: MailSettings.optional().meta({
    description:
      'The server that sends letters: alerts, and what happens to an account. Without it people look at bastide alerts',
    example: { host: 'mail.example.org', port: 465, from: 'bastide@example.org' },
  }),
  operator: OperatorAccess.optional().meta({
    description:
      "The operator's own way in: the firewall closes every other port to the outside. SSH unless told",
    example: { ports: [22, 2222], from: [] },
  }),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Reads the settings from their text; refusal `settings_invalid` names the key. */
export function parseSettings(text: string): Outcome<Settings> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return settingsInvalid(`not JSON: ${(error as Error).message}`);
  }
  const parsed = settingsSchema.safeParse(json);
  if (!parsed.success) return settingsInvalid(z.prettifyError(parsed.error));
  if (parsed.data.acmeEmail && isInternal(parsed.data.domain)) {
    return settingsInvalid(`no authority certifies names under ${parsed.data.domain}`);
  }
  return parsed.data;
}

/** Names that only this machine knows get their certificates from the platform's own authority. */
export const isInternal = (domain: string): boolean =>
  domain === 'localhost' ||
  domain.endsWith('.localhost') ||
  domain.endsWith('.internal') ||
  !domain.includes('.');

/** Where people and programs reach the API and the dashboard. */
export const platformHost = (settings: Settings): string => `bastide.${settings.domain}`;

export const renderSettings = (settings: Settings): string => `${JSON.stringify(settings, undefined, 2)}\n`;
