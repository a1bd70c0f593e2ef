import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { databaseCommandFailed } from '../databases/errors.ts';
import type { Session } from '../databases/port.ts';
import { administer } from './commands.ts';

/** Runs statements as the administrator and gives what they printed. */
export async function statements(session: Session, text: string, what: string): Promise<Outcome<string>> {
  const ran = await session.run(administer(), new Secret(text));
  if (isRefusal(ran)) return ran;
  return ran.code === 0 ? ran.stdout : databaseCommandFailed(session.instance.name, what, ran.stderr);
}
