import { readFile } from 'node:fs/promises';
import type { Kysely } from 'kysely';
import type { MailServer } from '../../adapters/mail/port.ts';
import { makeMail } from '../../adapters/mail/smtp.ts';
import type { MailDeps } from '../../capabilities/mail/deps.ts';
import { mailFileUnreadable } from '../../capabilities/mail/errors.ts';
import type { MailSettings } from '../../capabilities/mail/model.ts';
import { noteOutlet } from '../../capabilities/mail/store.ts';
import { platformHost, type Settings } from '../../capabilities/nodes/system/settings.ts';
import type { Database } from '../../db/schema.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';

const text = (file: string): Promise<Outcome<string>> =>
  readFile(file, 'utf8').catch(() => mailFileUnreadable(file));

async function serverOf(settings: MailSettings): Promise<Outcome<MailServer>> {
  const { host, port, user, passwordFile, caFile } = settings;
  const password = passwordFile === undefined ? undefined : await text(passwordFile);
  if (isRefusal(password)) return password;
  const ca = caFile === undefined ? undefined : await text(caFile);
  if (isRefusal(ca)) return ca;
  return {
    ...{ host, port, ca, user, private: settings.private },
    password: password === undefined ? undefined : new Secret(password.trim()),
  };
}

/** What sends letters from this platform. */
export async function mailDeps(parts: {
  readonly db: Kysely<Database>;
  readonly settings: Settings;
}): Promise<MailDeps> {
  const { db, settings } = parts;
  const { mail } = settings;
  await noteOutlet(db, mail && { server: `${mail.host}:${mail.port}`, sender: mail.from });
  return {
    ...{ db, mail: makeMail(), from: mail?.from ?? '', host: platformHost(settings), now: () => new Date() },
    server: async () => (mail === undefined ? undefined : serverOf(mail)),
  };
}
