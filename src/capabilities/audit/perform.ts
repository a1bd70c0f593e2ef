import type { Perform } from '../../engine/capability.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { AuditDeps } from './deps.ts';
import { auditStepUnknown } from './errors.ts';
import { told, type Verdict } from './faults.ts';
import { testForward } from './forward.ts';
import { ForwardTest } from './model/forward.ts';
import { EraseInput } from './model.ts';
import { erase, keepVerdict } from './store/keeping.ts';
import { verifyNow } from './upkeep.ts';

const SEAL_MS = 1000;

/** Steps of the audit log. */
export const performAudit =
  (deps: AuditDeps): Perform =>
  async (step, context): Promise<Outcome<void>> => {
    switch (step.kind) {
      case 'verify': {
        const verdict: Verdict = await verifyNow(deps, (entries) => {
          if (entries % 100_000 === 0) context.log(`${entries} entries`, 'audit');
        });
        for (const fault of verdict.faults) context.log(told(fault), 'audit');
        await keepVerdict(deps.db, context.operation.id, verdict);
        return undefined;
      }
      case 'erase': {
        const { account } = EraseInput.parse(step.input);
        const entries = await erase(deps.db, account, context.operation.requestedBy, context.operation.id);
        context.log(`${entries} entries`, 'audit');
        return undefined;
      }
      case 'testForward':
        return testForward(deps, ForwardTest.parse(step.input).name, context.operation.id);
      case 'awaitSeal':
        await sleep(SEAL_MS, context.signal);
        return undefined;
      default:
        return auditStepUnknown(step.kind);
    }
  };
