import type { OperationKind } from '../../engine/capability.ts';
import { stepDone } from '../../engine/once.ts';
import type { TerminalsDeps } from './deps.ts';
import { REPLAY_KIND } from './model.ts';

const key = 'terminals.replay:once';

/** The operations that terminals knows. */
export function terminalsKinds(deps: TerminalsDeps): OperationKind[] {
  const replay: OperationKind<boolean> = {
    kind: REPLAY_KIND,
    stream: true,
    observe: (operation) => stepDone(deps.db, operation.id, key),
    plan: (operation, done) =>
      done || operation.failure
        ? []
        : [{ capability: 'terminals', kind: 'replay', key, summary: 'Show the recording', input: {} }],
  };
  return [replay as OperationKind];
}
