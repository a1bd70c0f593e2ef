import type { CommandRow } from '../../cli/command.ts';
import { watch } from '../../cli/io.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { MailView } from './model.ts';

const AT = '/v1/platform/mail';
const minute = (at: string | null) => at?.slice(0, 16).replace('T', ' ') ?? null;

/** Door 2 of mail. */
export const commands: readonly CommandRow[] = [
  {
    name: 'mail',
    summary: 'Whether people are told by mail, and how it goes, for operators',
    examples: ['bastide mail'],
    uses: ['showMail'],
    async run(io) {
      const view = await io.api.get(AT, MailView);
      if (isRefusal(view)) return view;
      io.print.record(view, {
        server: view.enabled ? view.server : 'none: people look at bastide alerts',
        from: view.from,
        waiting: view.waiting,
        'sent in 30 days': view.sent,
        'not taken in 30 days': view.dropped,
        'last taken': minute(view.sentAt),
        'failing since': minute(view.failingSince),
        failure: view.failure,
      });
      return undefined;
    },
  },
  {
    name: 'mail:test',
    summary: 'Send yourself a letter, and say whether the server took it',
    examples: ['bastide mail:test'],
    uses: ['testMail', 'followOperation'],
    async run(io) {
      const done = await watch(io, await io.api.send('POST', `${AT}/test`, undefined, Accepted));
      return isRefusal(done) ? done : undefined;
    },
  },
];
