import type { OperationKind, Perform } from '../../engine/capability.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import type { MailDeps } from './deps.ts';
import { mailNoAddress, mailOff, mailStepUnknown } from './errors.ts';
import { TestLetter } from './model.ts';
import { planTest } from './plan.ts';
import * as store from './store.ts';
import { deliver } from './upkeep.ts';

/** The operations of mail. */
export const mailKinds = ({ db }: Pick<MailDeps, 'db'>): OperationKind[] => {
  const test: OperationKind<boolean> = {
    kind: 'mail.test',
    stream: true,
    observe: (operation) => store.wasTested(db, operation.id),
    plan: ({ input, failure }, tested) =>
      planTest(TestLetter.parse(input).accountId, tested, failure !== null),
  };
  return [test as OperationKind];
};

/** Steps of mail. */
export const performMail =
  (deps: MailDeps): Perform =>
  async (step, { operation }) => {
    if (step.kind !== 'test') return mailStepUnknown(step.kind);
    const { accountId } = TestLetter.parse(step.input);
    const row = await store.writeTest(deps.db, accountId, operation.id);
    if (!row) return mailNoAddress();
    const server = await deps.server();
    if (isRefusal(server)) return server;
    if (!server) return mailOff();
    const said = await deliver(deps, server, row);
    if (isRefusal(said)) await store.notTaken(deps.db, row.id, said.message, null, deps.now());
    return said;
  };
