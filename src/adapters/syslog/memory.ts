import type { Outcome } from '../../kernel/refusal.ts';
import { syslogUnreachable } from './errors.ts';
import type { Syslog, SyslogMessage } from './port.ts';

/** A server in memory; `down` makes it unreachable. */
export function memorySyslog(): Syslog & { down: boolean; readonly messages: SyslogMessage[] } {
  const messages: SyslogMessage[] = [];
  return {
    messages,
    down: false,
    async deliver({ host }, some): Promise<Outcome<void>> {
      if (this.down) return syslogUnreachable(host, 'down');
      messages.push(...some);
      return undefined;
    },
  };
}
