import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Perform, StepContext } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { PIECE } from '../../kernel/terminal.ts';
import type { TerminalsDeps } from './deps.ts';
import { recordingGone, recordingNotFound, sessionLeft, unknownTerminalsStep } from './errors.ts';
import { ReplayInput } from './model.ts';
import { recordingFile } from './recorder.ts';
import * as store from './store.ts';

/** Sends a recording to the person who asked for it. */
async function replay(deps: TerminalsDeps, context: StepContext): Promise<Outcome<void>> {
  const { operation } = context;
  const { recording } = ReplayInput.parse(operation.input);
  const row = await store.findRecording(deps.db, operation.organizationId, recording);
  if (!row) return recordingNotFound();
  const file = recordingFile(deps.recordings, row.id);
  const line = await deps.relay.dial(operation.id);
  if (isRefusal(line)) return line;
  const send = async (): Promise<Outcome<void>> => {
    const joined = await line.joined(deps.joinMs);
    if (isRefusal(joined)) return joined;
    if (!(await stat(file).catch(() => undefined))) return recordingGone();
    await line.tell({ type: 'started', recorded: false });
    for await (const data of createReadStream(file, { highWaterMark: PIECE })) {
      if (line.gone.aborted || context.signal.aborted) return sessionLeft();
      await line.send('stdout', data as Buffer);
    }
  };
  try {
    const sent = await send();
    await (isRefusal(sent) ? line.refuse(sent) : line.tell({ type: 'exit', code: 0 }));
    return sent;
  } finally {
    line.close();
  }
}

export const performTerminals =
  (deps: TerminalsDeps): Perform =>
  async (step, context) =>
    step.kind === 'replay' ? replay(deps, context) : unknownTerminalsStep(step.kind);
