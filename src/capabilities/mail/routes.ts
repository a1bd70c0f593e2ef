import { type Row, route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { mailOff } from './errors.ts';
import { MailView } from './model.ts';
import { mailView } from './store.ts';

/** Door 1 of mail: how it goes. Where it goes by is in the settings of the machine. */
export const mailRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/platform/mail',
    operationId: 'showMail',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'Whether people are told by mail, and how it goes',
    response: MailView,
    handler: ({ db }) => mailView(db),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/mail/test',
    operationId: 'testMail',
    permission: { action: 'platform:manage', resource: 'platform' },
    summary: 'Send yourself a letter, and hear whether the server took it',
    response: Accepted,
    status: 202,
    async handler({ db, actor, submit }) {
      if (!(await mailView(db)).enabled) return mailOff();
      return submit({ kind: 'mail.test', target: 'mail', input: { accountId: actor.accountId } });
    },
  }),
];
