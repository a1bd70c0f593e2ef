import type { OperationKind, Perform } from '../../engine/capability.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { ExportsDeps } from './deps.ts';
import { exportGone, exportStepUnknown } from './errors.ts';
import { ExportInput, ExportsStep } from './model.ts';
import { planExport } from './plan.ts';
import * as store from './store.ts';
import { writeExport } from './write.ts';

type Status = Awaited<ReturnType<typeof store.findExport>>;

/** `exports.make`: one archive of everything of a project. A long read: it does not queue behind changes. */
export const exportsKinds = (deps: Pick<ExportsDeps, 'db'>): OperationKind[] => {
  const make: OperationKind<NonNullable<Status>> = {
    kind: 'exports.make',
    stream: true,
    async observe(operation): Promise<Outcome<NonNullable<Status>>> {
      const input = ExportInput.safeParse(operation.input);
      return (input.success && (await store.findExport(deps.db, input.data.exportId))) || exportGone();
    },
    plan: (operation, row) => planExport(row, operation.failure !== null),
    result: (_operation, row) => ({ exportId: row.id, bytes: row.bytes, sha256: row.sha256 }),
  };
  return [make as OperationKind];
};

/** Performs the steps of exports. */
export const performExports =
  (deps: ExportsDeps): Perform =>
  async (step, context) => {
    if (step.kind === 'write')
      return writeExport(deps, ExportsStep.write.parse(step.input).exportId, context);
    if (step.kind === 'giveUp') {
      await store.failed(deps.db, ExportsStep.giveUp.parse(step.input).exportId);
      return undefined;
    }
    return exportStepUnknown(step.kind);
  };
