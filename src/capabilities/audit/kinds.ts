import type { OperationKind } from '../../engine/capability.ts';
import type { AuditDeps } from './deps.ts';
import type { Verdict } from './faults.ts';
import { EraseInput } from './model.ts';
import { planErase, planVerify } from './plan.ts';
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
  return [verify as OperationKind, erase as OperationKind];
};
