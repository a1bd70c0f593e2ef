import type { OperationKind } from '../../engine/capability.ts';
import type { AuditDeps } from './deps.ts';
import type { Verdict } from './faults.ts';
import { ForwardTest } from './model/forward.ts';
import { EraseInput } from './model.ts';
import { planErase, planTest, planVerify } from './plan.ts';
import { wasTested } from './store/forwards.ts';
import { personalOf, verdictFor } from './store/keeping.ts';

/** The operations of the audit log. */
export const auditKinds = ({ db }: Pick<AuditDeps, 'db'>): OperationKind[] => {
  const verify: OperationKind<{ verdict: Verdict | undefined }> = {
    kind: 'audit.verify',
    stream: true,
    observe: async (operation) => ({ verdict: await verdictFor(db, operation.id) }),
    plan: (operation, { verdict }) => planVerify(verdict !== undefined, operation.failure !== null),
    result: (_operation, { verdict }) => verdict,
  };
  const erase: OperationKind<{ sealed: number; unsealed: number }> = {
    kind: 'audit.erase',
    observe: (operation) => personalOf(db, EraseInput.parse(operation.input).account),
    plan: (operation, left) =>
      planErase(EraseInput.parse(operation.input).account, left, operation.failure !== null),
  };
  const test: OperationKind<boolean> = {
    kind: 'audit.test-forward',
    observe: (operation) => wasTested(db, operation.id),
    plan: (operation, tested) =>
      planTest(ForwardTest.parse(operation.input).name, tested, operation.failure !== null),
  };
  return [verify as OperationKind, erase as OperationKind, test as OperationKind];
};
