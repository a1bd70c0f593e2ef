import { Refusal } from '../../kernel/refusal.ts';

export const sessionUnreachable = (why: string) =>
  new Refusal('session_unreachable', `The session could not be connected: ${why}`, 'Open it again.');

export const sessionUnattended = () =>
  new Refusal('session_unattended', 'Nobody came to the session that was opened', 'Open it again.');
