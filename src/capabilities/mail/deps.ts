import type { Kysely } from 'kysely';
import type { Mail, MailServer } from '../../adapters/mail/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';

/** What sending letters works with. */
export interface MailDeps {
  readonly db: Kysely<Database>;
  readonly mail: Mail;
  /** Looked up for each round; undefined where none is named. Refuses `mail_file_unreadable`. */
  server(): Promise<Outcome<MailServer | undefined>>;
  /** Who letters come from. */
  readonly from: string;
  /** The platform's name. */
  readonly host: string;
  readonly now: () => Date;
}
